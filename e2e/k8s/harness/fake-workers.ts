import path from 'node:path';
import { freePort } from '../../cluster/ports.ts';
import { Child } from '../../src/harness/child.ts';
import { eventually } from '../../src/harness/eventually.ts';
import { NODE } from '../../src/harness/paths.ts';
import type { Behaviour, FakeCounts, FakeWorkerState, Selection } from './fake-worker-types.ts';

export interface FakeWorkersOptions {
  /** Of one who may read Secrets and write the status of pods. */
  readonly kubeconfig: string;
  readonly natsUrl: string;
}

interface Answer {
  readonly workers: readonly FakeWorkerState[];
  readonly counts: FakeCounts;
}

const PATIENCE_MS = 120_000;

/**
 * Speaks for workers whose pods run on fake nodes, in a process of its own: each
 * reports its load and answers the operator over mTLS with its own certificate,
 * drains when told to and ends then. One whose node is gone falls silent.
 */
export class FakeWorkers {
  readonly child: Child;
  private readonly url: string;

  private constructor(child: Child, port: number) {
    this.child = child;
    this.url = `http://127.0.0.1:${port}/`;
  }

  /** Resolves when it speaks for all pods that are there. */
  static async start({ kubeconfig, natsUrl }: FakeWorkersOptions): Promise<FakeWorkers> {
    const port = await freePort();
    const script = path.join(import.meta.dirname, 'fake-workers-process.ts');
    const flags = ['--kubeconfig', kubeconfig, '--nats', natsUrl, '--port', String(port)];
    const fake = new FakeWorkers(new Child(NODE, [script, ...flags]), port);
    await eventually('fake workers', PATIENCE_MS, async () => {
      if (!fake.child.running) throw new Error(fake.child.output.slice(-4000));
      return await fake.ask().catch(() => undefined);
    });
    return fake;
  }

  /** For those that are there and those that will be; what is said later wins. */
  async set(of: Selection, be: Partial<Behaviour>): Promise<void> {
    await this.ask({ method: 'POST', body: JSON.stringify({ of, be }) });
  }

  async workers(): Promise<readonly FakeWorkerState[]> {
    return (await this.ask()).workers;
  }

  /** Of all since the start. */
  async counts(): Promise<FakeCounts> {
    return (await this.ask()).counts;
  }

  async stop(): Promise<void> {
    await this.child.stop('SIGTERM');
  }

  private async ask(init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.url, init);
    if (!response.ok) throw new Error(`fake workers answer ${response.status}`);
    return (await response.json()) as Answer;
  }
}

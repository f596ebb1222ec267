import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../harness/api.ts';

const EVERY_MS = 300;
const CONNECTED = 'ControlPlaneConnected';
const AVAILABLE = 'Available';

/** What the resource's status says while something is wrong. */
export class StatusWatch {
  /** Answers that said that nobody serves, or that fewer workers are ready than are. */
  readonly alarms = new Set<string>();
  private readonly api: Api;
  private readonly replicas: number;
  private readonly running: Promise<void>;
  private saidAfterMs: number | undefined = undefined;
  private isOver = false;

  constructor(api: Api, replicas: number) {
    this.api = api;
    this.replicas = replicas;
    this.running = this.run();
  }

  /** Resolves with when it said that NATS does not answer; undefined: never. */
  async end(): Promise<number | undefined> {
    this.isOver = true;
    await this.running;
    return this.saidAfterMs;
  }

  private async run(): Promise<void> {
    const startMs = performance.now();
    while (!this.isOver) {
      const { status } = await this.api.cluster();
      const of = (type: string): string | undefined =>
        status.conditions.find((condition) => condition.type === type)?.status;
      if (of(CONNECTED) === 'False') this.saidAfterMs ??= performance.now() - startMs;
      if (of(AVAILABLE) !== 'True') this.alarms.add(`${AVAILABLE} is ${of(AVAILABLE) ?? 'absent'}`);
      if (status.readyReplicas !== this.replicas) {
        this.alarms.add(`${status.readyReplicas} of ${this.replicas} workers ready`);
      }
      await sleep(EVERY_MS);
    }
  }
}

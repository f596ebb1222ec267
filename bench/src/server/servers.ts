import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { GENERATOR_CPU } from '../measure/window.ts';
import { freePort } from './free-port.ts';
import { ServerProcess } from './process.ts';
import { ROOT } from './root.ts';
import { WorkerUnderTest, type WorkerOptions } from './worker.ts';

const NATS_READY_MS = 20_000;

/** NATS beside the generator, and workers on the CPU under test. */
export class Servers {
  private readonly nats: ServerProcess;
  private readonly natsUrl: string;
  private readonly folder: string;
  private workers: WorkerUnderTest[] = [];
  private started = 0;

  private constructor(nats: ServerProcess, natsUrl: string, folder: string) {
    this.nats = nats;
    this.natsUrl = natsUrl;
    this.folder = folder;
  }

  static async start(): Promise<Servers> {
    const cache = path.join(ROOT, '.cache/bench');
    fs.mkdirSync(cache, { recursive: true });
    const folder = fs.mkdtempSync(path.join(cache, 'nats-'));
    const program = execFileSync(path.join(ROOT, 'scripts/nats-server.sh'), { encoding: 'utf8' });
    const port = await freePort();
    const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
    const nats = new ServerProcess('nats-server', GENERATOR_CPU, [program.trim(), ...args]);
    await nats.line((line) => (line.includes('Server is ready') ? true : undefined), NATS_READY_MS);
    return new Servers(nats, `nats://127.0.0.1:${port}`, folder);
  }

  /** The next worker of the cluster. */
  async startWorker(options: Omit<WorkerOptions, 'id' | 'natsUrl'> = {}): Promise<WorkerUnderTest> {
    const id = `b-${this.started++}`;
    const worker = await WorkerUnderTest.start({ ...options, id, natsUrl: this.natsUrl });
    this.workers.push(worker);
    return worker;
  }

  async stopWorkers(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
    this.workers = [];
  }

  async stop(): Promise<void> {
    await this.stopWorkers();
    await this.nats.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

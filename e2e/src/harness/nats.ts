import fs from 'node:fs';
import path from 'node:path';
import { connect } from '@nats-io/transport-node';
import { freePort } from '@streamcluster/bench';
import { Child, run } from './child.ts';
import { eventually } from './eventually.ts';
import { ROOT, scratchFolder } from './paths.ts';

const HOST = '127.0.0.1';
const PATIENCE_MS = 60_000;

/** A real nats-server on loopback that asks nobody who they are, and what can befall it. */
export class Nats {
  readonly url: string;
  private readonly binary: string;
  private readonly args: readonly string[];
  private readonly folder: string;
  private child: Child;

  private constructor(binary: string, port: number, folder: string) {
    this.binary = binary;
    this.folder = folder;
    this.args = ['-a', HOST, '-p', String(port), '-js', '-sd', folder];
    this.url = `nats://${HOST}:${port}`;
    this.child = new Child(binary, this.args);
  }

  /** Resolves when it answers. */
  static async start(): Promise<Nats> {
    const binary = (await run(path.join(ROOT, 'scripts/nats-server.sh'), [])).trim();
    const nats = new Nats(binary, await freePort(), scratchFolder('nats'));
    await nats.answers();
    return nats;
  }

  async kill(): Promise<void> {
    await this.child.stop('SIGKILL');
  }

  /** Killed before; starts with what it had stored. */
  async startAgain(): Promise<void> {
    this.child = new Child(this.binary, this.args);
    await this.answers();
  }

  /** Killed before; forgets all that it had stored. */
  wipe(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** Its connections stay, and nothing answers. */
  hang(): void {
    this.child.kill('SIGSTOP');
  }

  wake(): void {
    this.child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.wake();
    await this.child.stop('SIGTERM');
    this.wipe();
  }

  private async answers(): Promise<void> {
    await eventually('answer of NATS', PATIENCE_MS, async () => {
      if (!this.child.running) throw new Error(this.child.output);
      const connection = await connect({ servers: this.url, reconnect: false });
      await connection.close();
      return true;
    });
  }
}

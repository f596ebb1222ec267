import fs from 'node:fs';
import path from 'node:path';
import { connect } from '@nats-io/transport-node';
import { exec } from '../../cluster/exec.ts';
import { freePort } from '../../cluster/ports.ts';
import { Child } from '../../src/harness/child.ts';
import { eventually } from '../../src/harness/eventually.ts';
import { ROOT, scratchFolder } from '../../src/harness/paths.ts';

const PATIENCE_MS = 60_000;

/** A real nats-server on loopback that asks nobody who they are. */
export class Nats {
  readonly url: string;
  private readonly child: Child;
  private readonly folder: string;

  private constructor(child: Child, port: number, folder: string) {
    this.child = child;
    this.folder = folder;
    this.url = `nats://127.0.0.1:${port}`;
  }

  /** Resolves when it answers. */
  static async start(): Promise<Nats> {
    const server = (await exec(path.join(ROOT, 'scripts/nats-server.sh'), [])).trim();
    const port = await freePort();
    const folder = scratchFolder('nats');
    const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
    const nats = new Nats(new Child(server, args), port, folder);
    await eventually('answer of NATS', PATIENCE_MS, async () => {
      if (!nats.child.running) throw new Error(nats.child.output);
      const connection = await connect({ servers: nats.url, reconnect: false });
      await connection.close();
      return true;
    });
    return nats;
  }

  async stop(): Promise<void> {
    await this.child.stop('SIGTERM');
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

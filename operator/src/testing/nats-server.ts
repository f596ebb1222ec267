import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { testPort } from './test-port.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** A real nats-server with JetStream, which can be stopped, wiped, started again. */
export class TestNats {
  readonly url: string;
  private readonly port: number;
  private readonly storeDir: string;
  private child: ChildProcess | undefined;

  private constructor(port: number, storeDir: string) {
    this.port = port;
    this.url = `nats://127.0.0.1:${port}`;
    this.storeDir = storeDir;
  }

  /** Not started: its port is free until then. */
  static async prepare(storeDir: string): Promise<TestNats> {
    return new TestNats(await testPort(), storeDir);
  }

  start(): void {
    const script = path.join(ROOT, 'scripts/nats-server.sh');
    const binary = execFileSync(script, { encoding: 'utf8' }).trim();
    const args = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.storeDir];
    this.child = spawn(binary, args, { stdio: 'ignore' });
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child?.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async wipe(): Promise<void> {
    await this.stop();
    rmSync(this.storeDir, { recursive: true, force: true });
    this.start();
  }
}

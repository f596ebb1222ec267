import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));

export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

type PortName =
  'rtmpPort' | 'httpPort' | 'rtmpsPort' | 'httpsPort' | 'ownHttpPort' | 'adminPort' | 'grpcPort';

const ANY_PORT = {
  'rtmp-port': '0',
  'http-port': '0',
  'rtmps-port': '0',
  'https-port': '0',
  'admin-port': '0',
};

/** A worker in a process of its own, on ports of its own. */
export class RealWorker {
  readonly id: string;
  readonly lines: LogLine[] = [];
  exitCode: number | null | undefined = undefined;
  private readonly child: ChildProcess;

  constructor(id: string, flags: Readonly<Record<string, string>>) {
    this.id = id;
    const all = { ...ANY_PORT, ...flags };
    const args = Object.entries(all).flatMap(([flag, value]) => [`--${flag}`, value]);
    this.child = spawn(process.execPath, [MAIN, '--id', id, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rest = '';
    this.child.stdout?.on('data', (bytes: Buffer) => {
      const parts = (rest + bytes.toString()).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.lines.push(JSON.parse(part) as LogLine);
    });
    this.child.once('exit', (code) => (this.exitCode = code));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  line(msg: string): LogLine | undefined {
    return this.lines.find((line) => line.msg === msg);
  }

  async logged(msg: string): Promise<LogLine> {
    return await waitFor(`${this.id}: ${msg}`, () => this.line(msg));
  }

  async ready(): Promise<this> {
    await this.logged('worker ready');
    return this;
  }

  port(name: PortName): number {
    return Number(this.line('worker ready')?.[name]);
  }

  rtmpUrl(stream: string): string {
    return `rtmp://127.0.0.1:${this.port('rtmpPort')}/${stream}`;
  }

  httpUrl(path: string): string {
    return `http://127.0.0.1:${this.port('httpPort')}/${path}`;
  }

  adminUrl(path: string): string {
    return `http://127.0.0.1:${this.port('adminPort')}/${path}`;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async exited(): Promise<number | null> {
    await waitFor(`${this.id} to exit`, () => this.exitCode !== undefined || undefined);
    return this.exitCode ?? null;
  }

  async stop(): Promise<void> {
    if (this.exitCode !== undefined) return;
    this.signal('SIGKILL');
    await this.exited();
  }
}

/** Polls until there is a value. */
export async function waitFor<Value>(
  what: string,
  find: () => Value | undefined | Promise<Value | undefined>,
): Promise<Value> {
  return await vi.waitFor(
    async () => {
      const value = await find();
      if (value === undefined) throw new Error(`waited for ${what}`);
      return value;
    },
    { timeout: 45_000, interval: 20 },
  );
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { within } from './eventually.ts';

const OUTPUT_KEPT_CHARACTERS = 200_000;
const STOP_MS = 20_000;

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

/** What a process ended with. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** One process that a test started: its output, its end, and how to stop it. */
export class Child {
  readonly command: string;
  readonly ended: Promise<Ending>;
  output = '';
  running = true;
  private readonly process: ChildProcess;

  constructor(command: string, args: readonly string[], options: ChildOptions = {}) {
    this.command = [command, ...args].join(' ');
    this.process = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process.stdout?.on('data', (chunk: Buffer) => this.keep(chunk));
    this.process.stderr?.on('data', (chunk: Buffer) => this.keep(chunk));
    this.ended = this.end();
    // Whoever never asks for the end must not fail by it.
    this.ended.catch(() => undefined);
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error(`did not start: ${this.command}`);
    return this.process.pid;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.running) this.process.kill(signal);
  }

  /** Asks it to end, kills it when it does not, and returns how it ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patienceMs = STOP_MS): Promise<Ending> {
    this.kill(signal);
    try {
      return await within(`end of ${this.command}`, patienceMs, this.ended);
    } catch {
      this.kill('SIGKILL');
      return this.ended;
    }
  }

  /** Waits for its own end and demands exit code 0. */
  async success(patienceMs: number): Promise<string> {
    const ending = await within(
      `end of ${this.command}\n${this.output.slice(-2000)}`,
      patienceMs,
      this.ended,
    );
    if (ending.code !== 0) {
      const how = ending.signal ?? `code ${ending.code}`;
      throw new Error(`ended with ${how}: ${this.command}\n${ending.output.slice(-4000)}`);
    }
    return ending.output;
  }

  private keep(chunk: Buffer): void {
    this.output = (this.output + chunk.toString('utf8')).slice(-OUTPUT_KEPT_CHARACTERS);
  }

  private async end(): Promise<Ending> {
    try {
      const [code, signal] = (await once(this.process, 'close')) as [
        number | null,
        NodeJS.Signals | null,
      ];
      return { code, signal, output: this.output };
    } finally {
      this.running = false;
    }
  }
}

/** Runs a command to its end; its output. Rejects unless it exits with 0. */
export function run(
  command: string,
  args: readonly string[],
  patienceMs = 60_000,
  options: ChildOptions = {},
): Promise<string> {
  return new Child(command, args, options).success(patienceMs);
}

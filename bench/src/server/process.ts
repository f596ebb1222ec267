import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import readline from 'node:readline';
import type { Readable } from 'node:stream';

const STOP_MS = 15_000;

/** Those that run. One that outlived a run that failed would be in the figures of the next. */
const running = new Set<ServerProcess>();
process.on('exit', () => {
  for (const one of running) one.kill();
});

type Spawned = ChildProcessByStdio<null, Readable, Readable>;

/** A process under test or beside it, on CPUs of its own. */
export class ServerProcess {
  readonly name: string;
  readonly lines: string[] = [];
  private readonly child: Spawned;

  constructor(name: string, cpu: number, command: readonly string[]) {
    this.name = name;
    this.child = spawn('taskset', ['-c', String(cpu), ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    this.child.once('exit', () => running.delete(this));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      readline.createInterface(stream).on('line', (line) => this.keep(line));
    }
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.child.pid;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The first line of output that `pick` makes something of. */
  async line<T>(pick: (line: string) => T | undefined, patienceMs: number): Promise<T> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      for (const line of this.lines) {
        const picked = pick(line);
        if (picked !== undefined) return picked;
      }
      if (this.hasEnded || performance.now() > deadline) {
        throw new Error(
          `${this.name} did not say what was waited for:\n${this.lines.slice(-20).join('\n')}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, 'exit');
    this.interrupt();
    const killer = setTimeout(() => this.kill(), STOP_MS);
    await ended;
    clearTimeout(killer);
  }

  /** Workers take a SIGTERM as a drain. */
  private interrupt(): void {
    this.child.kill('SIGINT');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private keep(line: string): void {
    this.lines.push(line);
    if (this.lines.length > 2000) this.lines.splice(0, 1000);
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import type { Marks, WorkerExit, WorkerInstance } from '../reconcile/runtime.ts';
import { onLines } from './lines.ts';
import type { WorkerOutput } from './worker-output.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface WorkerChildOptions {
  readonly name: string;
  readonly slot: number;
  readonly command: Command;
  readonly output: WorkerOutput;
  readonly onExit: () => void;
}

/** One worker process. It ends when we do: its stdin is a pipe that we hold. */
export class WorkerChild {
  readonly name: string;
  readonly pid: number | undefined;
  isReady = false;
  /** A user wants it emptied. */
  isDrainAsked = false;
  marks: Marks = { accepting: true, busy: false };
  exit: WorkerExit | undefined = undefined;
  private readonly options: WorkerChildOptions;
  private readonly process: ChildProcess;
  private readonly startedAtMs = performance.now();
  private isStopping = false;
  private isHung = false;
  private killTimer: NodeJS.Timeout | undefined = undefined;

  /** Starts it. A command that is not there shows as an exit. */
  constructor(options: WorkerChildOptions) {
    this.options = options;
    this.name = options.name;
    const { file, args, env } = options.command;
    // A group of its own: Ctrl-C in a terminal must not reach it before us.
    this.process = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.pid = this.process.pid;
    const { stdin, stdout, stderr } = this.process;
    stdin?.on('error', () => undefined);
    for (const stream of [stdout, stderr]) {
      if (stream !== null) onLines(stream, (line) => options.output.line(line));
    }
    this.process.once('error', (error) => this.ended(error.message, 'failed'));
    // `close` comes after the last line of output, which explains the end.
    this.process.once('close', (code, signal) => {
      const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
      this.ended(how, code === 0 && this.isDrainAsked ? 'drained' : 'failed');
    });
  }

  get instance(): WorkerInstance {
    const { name, exit, isReady, marks, isDrainAsked } = this;
    const base = {
      name,
      slot: this.options.slot,
      isOutdated: false,
      unschedulableSinceMs: undefined,
      drainAsked: isDrainAsked ? 'Command' : undefined,
      marks,
      node: undefined,
    };
    if (exit !== undefined) return { ...base, phase: 'exited', isReady: false, exit };
    return { ...base, phase: this.isStopping ? 'stopping' : 'running', isReady };
  }

  get wasAskedToStop(): boolean {
    return this.isStopping;
  }

  /** Drains it; ends it when it has not ended after the grace. Again: nearer. */
  stop(signal: 'SIGTERM' | 'SIGINT', graceMs: number): void {
    if (this.exit !== undefined) return;
    this.isStopping = true;
    this.process.kill(signal);
    clearTimeout(this.killTimer);
    this.killTimer = setTimeout(() => this.process.kill('SIGKILL'), graceMs).unref();
  }

  kill(): void {
    this.isStopping = true;
    this.process.kill('SIGKILL');
  }

  killHung(): void {
    this.isHung = true;
    this.process.kill('SIGKILL');
  }

  private ended(how: string, kind: WorkerExit['kind']): void {
    if (this.exit !== undefined) return;
    clearTimeout(this.killTimer);
    const { lastError } = this.options.output;
    this.exit = {
      detail: lastError === '' ? how : `${how} (${lastError})`,
      kind: this.isHung ? 'hung' : kind,
      ranMs: performance.now() - this.startedAtMs,
    };
    this.options.onExit();
  }
}

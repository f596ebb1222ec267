import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { within } from '../src/harness/eventually.ts';
import { childrenOf } from './process-id.ts';
import type { Record } from './record.ts';

const STOP_MS = 15_000;
const TAIL_CHARACTERS = 3000;

export interface DaemonOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The command starts the program as its child, waits for it, and passes no signals on. */
  readonly forks?: boolean;
}

/**
 * A program that runs as long as the cluster. It is in the cluster's record, logs
 * to a file, and is out of reach of a terminal's Ctrl-C: it ends in its turn.
 */
export class Daemon {
  readonly logFile: string;
  private readonly record: Record;
  private readonly options: DaemonOptions;
  private child: ChildProcess | undefined;
  private ended: Promise<unknown> = Promise.resolve();

  constructor(record: Record, options: DaemonOptions) {
    this.record = record;
    this.options = options;
    this.logFile = path.join(record.folder, `${options.name}.log`);
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && !this.wasKilled;
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error(`${this.options.name} is not running`);
    return this.child.pid;
  }

  start(): this {
    if (this.isRunning) return this;
    const log = fs.openSync(this.logFile, 'a');
    const { command, args, env, name } = this.options;
    this.child = spawn(command, args, {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, ...env },
    });
    fs.closeSync(log);
    this.ended = once(this.child, 'exit').catch(() => undefined);
    if (this.child.pid === undefined) throw new Error(`did not start: ${command}`);
    this.record.addProcess(name, this.child.pid);
    return this;
  }

  /** Asks it to end, and kills it when it does not. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.isRunning) return;
    this.signal(signal);
    try {
      await within(`end of ${this.options.name}`, STOP_MS, this.ended);
    } catch {
      this.signal('SIGKILL');
      await this.ended;
    }
  }

  /** Throws with the end of its log if it has ended; for use while waiting for it. */
  assertRunning(): void {
    if (!this.isRunning) throw new Error(`${this.options.name} ended:\n${this.logTail()}`);
  }

  logTail(): string {
    return fs.readFileSync(this.logFile, 'utf8').slice(-TAIL_CHARACTERS);
  }

  private signal(signal: NodeJS.Signals): void {
    if (this.options.forks !== true) this.child?.kill(signal);
    else for (const pid of childrenOf(this.pid)) process.kill(pid, signal);
  }

  private get wasKilled(): boolean {
    return this.child !== undefined && this.child.signalCode !== null;
  }
}

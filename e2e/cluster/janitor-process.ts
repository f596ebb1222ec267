import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { NODE } from '../src/harness/paths.ts';
import type { Record } from './record.ts';

const PROGRAM = path.join(import.meta.dirname, 'janitor.ts');

/** The process that cleans up after us, should we be killed. */
export class Janitor {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Detached, so that what ends us, a Ctrl-C say, does not end it. */
  static hire(record: Record): Janitor {
    const stdio: ('pipe' | 'ignore')[] = ['pipe', 'ignore', 'ignore'];
    return new Janitor(spawn(NODE, [PROGRAM, record.folder], { stdio, detached: true }));
  }

  /** To be called when nothing is left to clean. */
  async dismiss(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

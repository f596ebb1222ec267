import { readdirSync, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Engine } from '../engine/engine.ts';
import { WorkerError } from '../errors.ts';
import { parseAllowed, type Allowed } from './allowed.ts';

/** The threads of this process and where they may run. */
export interface Threads {
  /** Ids of all, the loop's among them. */
  list(): number[];
  readonly loop: number;
  affinity(thread: number): number[];
  /** False: it is gone. Throws ENGINE_AFFINITY. */
  pin(thread: number, cpus: readonly number[]): boolean;
  /** Of the loop's thread; undefined: the kernel does not say. */
  allowed(): Allowed | undefined;
}

const GONE = 'ESRCH';

export function threadsOf(engine: Pick<Engine, 'pin' | 'affinity'>): Threads {
  return {
    loop: process.pid,
    list: () => readdirSync('/proc/self/task').map(Number),
    affinity: (thread) => engine.affinity(thread),
    allowed: () => parseAllowed(readFileSync('/proc/self/status', 'utf8')),
    pin(thread, cpus): boolean {
      try {
        engine.pin(cpus, thread);
        return true;
      } catch (error) {
        if (error instanceof WorkerError && error.cause === GONE) return false;
        throw error;
      }
    },
  };
}

/** The pool's threads start with its first task; all others have started with
 * the process. */
export async function startHelpers(): Promise<void> {
  await access('/');
}

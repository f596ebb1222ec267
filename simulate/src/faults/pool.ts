import { fork, type ChildProcess } from 'node:child_process';
import type { RunResult } from './run.ts';

/** Seeds from the first to the last, both included. */
export interface Seeds {
  readonly from: number;
  readonly to: number;
}

/** So many at once: the slowest of them holds up the end by little. */
const CHUNK = 25;
const PROCESS = new URL('./seeds-process.ts', import.meta.url);

/** Runs all seeds in so many processes. Rejects when one of them dies. */
export async function runSeeds(
  { from, to }: Seeds,
  processes: number,
  onResults: (results: readonly RunResult[]) => void,
): Promise<void> {
  let next = from;
  const take = (): Seeds | undefined => {
    if (next > to) return undefined;
    const chunk = { from: next, to: Math.min(to, next + CHUNK - 1) };
    next = chunk.to + 1;
    return chunk;
  };
  await Promise.all(Array.from({ length: processes }, () => work(take, onResults)));
}

function work(
  take: () => Seeds | undefined,
  onResults: (results: readonly RunResult[]) => void,
): Promise<void> {
  const child = fork(PROCESS);
  return new Promise((resolve, reject) => {
    child.on('message', (results) => {
      onResults(results as RunResult[]);
      handOut(child, take());
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a process of the simulation ended with ${code}`));
    });
    handOut(child, take());
  });
}

function handOut(child: ChildProcess, seeds: Seeds | undefined): void {
  if (seeds === undefined) child.disconnect();
  else child.send(seeds);
}

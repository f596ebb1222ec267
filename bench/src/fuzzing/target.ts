import fs from 'node:fs';
import path from 'node:path';

/** What a parser's folder offers in `fuzz-target.ts`. */
export interface FuzzTarget {
  readonly name: string;
  corpus(): Buffer[];
  /** Whatever comes in, it returns, soon, and keeps nothing. */
  run(input: Buffer): void;
}

const WORKER = path.resolve(import.meta.dirname, '../../../worker/src');

/** Files that offer targets, by their path. */
function targetFiles(): string[] {
  return fs.globSync('**/fuzz-target.ts', { cwd: WORKER }).sort();
}

export async function targetsOf(file: string): Promise<FuzzTarget[]> {
  const module = (await import(path.resolve(WORKER, file))) as { fuzzTargets: FuzzTarget[] };
  return module.fuzzTargets;
}

/** All targets with the file that each is in. */
export async function allTargets(): Promise<{ file: string; name: string }[]> {
  const lists = targetFiles().map(async (file) =>
    (await targetsOf(file)).map(({ name }) => ({ file, name })),
  );
  return (await Promise.all(lists)).flat();
}

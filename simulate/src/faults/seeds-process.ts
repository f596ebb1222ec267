import type { Seeds } from './pool.ts';
import { Run, type RunResult } from './run.ts';

/** One process of a pool: runs the seeds that it is given, until there are no more. */
process.on('message', (seeds: Seeds) => {
  void runAll(seeds).then((results) => process.send?.(results));
});

async function runAll({ from, to }: Seeds): Promise<RunResult[]> {
  const results: RunResult[] = [];
  for (let seed = from; seed <= to; seed += 1) results.push(await new Run({ seed }).play());
  return results;
}

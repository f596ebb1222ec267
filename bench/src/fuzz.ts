import path from 'node:path';
import { Command } from 'commander';
import { runTarget } from './fuzzing/run-target.ts';
import { allTargets } from './fuzzing/target.ts';
import { table } from './measure/table.ts';

const FAILURES = path.resolve(import.meta.dirname, '../../.cache/fuzz');

const { inputs, seed, only } = new Command('fuzz')
  .description('Feeds every parser of the worker mutated inputs.')
  .option('--inputs <count>', 'inputs a parser', Number, 100_000)
  .option('--seed <number>', 'the same seed gives the same inputs', Number, 1)
  .option('--only <text>', 'parsers whose name holds this', '')
  .parse()
  .opts<{ inputs: number; seed: number; only: string }>();

const rows = [['parser', 'inputs', 'inputs/s', 'growth MB', 'slowest ms', '']];
let failed = false;
for (const target of await allTargets()) {
  if (!target.name.includes(only)) continue;
  process.stderr.write(`${target.name} …\n`);
  const result = await runTarget(target, { inputs, seed, failures: FAILURES });
  rows.push([
    result.name,
    String(result.inputs),
    result.inputsPerSecond.toFixed(0),
    (result.growthBytes / 2 ** 20).toFixed(1),
    result.maxInputMs.toFixed(1),
    result.failure === undefined ? 'ok' : 'FAILED',
  ]);
  if (result.failure === undefined) continue;
  failed = true;
  process.stderr.write(`${result.failure.reason}\ninput: ${result.failure.file}\n`);
}
process.stdout.write(`${table(rows)}\n`);
if (failed || rows.length === 1) process.exitCode = 1;

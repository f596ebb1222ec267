import { Command } from 'commander';
import os from 'node:os';
import { runSeeds, type Seeds } from './pool.ts';
import { Run, type RunResult } from './run.ts';

interface Options {
  readonly seed: number | undefined;
  readonly seeds: Seeds;
  readonly jobs: number;
}

const SEEDS = '1..10000';
const SHOWN = 20;

function readOptions(): Options {
  const { seed, seeds, jobs } = new Command('simulate-faults')
    .description('Runs workers and operator under faults that a seed draws.')
    .option('--seed <number>', 'run one and tell what happens, step by step', Number)
    .option('--seeds <from..to>', 'run these', SEEDS)
    .option('--jobs <number>', 'processes', Number, os.availableParallelism())
    .parse()
    .opts<{ seed?: number; seeds: string; jobs: number }>();
  const range = /^(\d+)\.\.(\d+)$/.exec(seeds);
  if (range === null) throw new Error('--seeds must be two numbers, as 1..100');
  if (![seed ?? 0, jobs].every(Number.isSafeInteger)) throw new Error('whole numbers only');
  return { seed, seeds: { from: Number(range[1]), to: Number(range[2]) }, jobs };
}

async function replay(seed: number): Promise<boolean> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const { fault, hash, steps } = await new Run({ seed, print }).play();
  print(`seed ${seed}: ${steps} steps, trace ${hash}, ${fault ?? 'all invariants held'}`);
  return fault === undefined;
}

async function runAll({ seeds, jobs }: Options): Promise<boolean> {
  const startMs = performance.now();
  const failed: RunResult[] = [];
  let runs = 0;
  let steps = 0;
  await runSeeds(seeds, Math.max(1, jobs), (results) => {
    runs += results.length;
    for (const result of results) {
      steps += result.steps;
      if (result.fault !== undefined) complain(result, failed);
    }
  });
  const seconds = (performance.now() - startMs) / 1_000;
  const faults = failed.length === 0 ? 'all invariants held' : `${failed.length} failed`;
  process.stdout.write(`${runs} seeds, ${steps} steps, ${seconds.toFixed(1)} s: ${faults}\n`);
  return failed.length === 0;
}

function complain(result: RunResult, failed: RunResult[]): void {
  failed.push(result);
  if (failed.length > SHOWN) return;
  const command = `make simulate-faults ARGS="--seed ${result.seed}"`;
  process.stdout.write(`seed ${result.seed}: ${result.fault}\n  ${command}\n`);
}

const options = readOptions();
const isWell = options.seed === undefined ? await runAll(options) : await replay(options.seed);
if (!isWell) process.exitCode = 1;

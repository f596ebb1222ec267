import { execFileSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { createEngine, DEFAULT_ENGINE_OPTIONS, type Engine } from '@streamcluster/worker';
import { Available } from './available.ts';
import { BenchRun } from './bench-run.ts';
import { durationMs } from './measure/numbers.ts';
import { GENERATOR_CPU } from './measure/window.ts';
import { chosenWorkloads, isChosen, isPeerWanted, readOptions, sizesOf } from './options.ts';
import { faultsOf, judge } from './report/judge.ts';
import { resultsTable } from './report/results-table.ts';
import { writeDocs } from './report/write-docs.ts';
import { emptyResults, lastResults, merged, saveResults, type Results } from './results.ts';
import { serverFactories } from './server/factories.ts';
import { Servers } from './server/servers.ts';
import { sessions } from './workloads/sessions.ts';
import { printSoak, soak } from './workloads/soak.ts';

const GENERATOR_SEND_TICK_MS = 10;
const NO_WAIT = 0;
const MAX_CONNECTIONS = 18_000;
/** Until caches, buffers and ticks are as they will stay; others get the same. */
const WARM_UP_MS = 6_000;

// An exit, unlike the signal by itself, also ends the servers (server/process.ts).
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const options = readOptions(process.argv.slice(2));

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** All threads of this process: those of V8 must not disturb the server's CPU. One
 * that ends meanwhile makes the command fail. */
function pinToGenerator(tries = 3): void {
  try {
    execFileSync('taskset', ['-a', '-c', '-p', String(GENERATOR_CPU), String(process.pid)]);
  } catch (error) {
    if (tries <= 1) throw error;
    pinToGenerator(tries - 1);
  }
}

/** Gives what load comes from and what is under load; both end with the work. */
async function withLab<T>(work: (engine: Engine, servers: Servers) => Promise<T>): Promise<T> {
  if (os.availableParallelism() < 2) throw new Error('needs two CPUs: one to serve, one to load');
  const engine = createEngine({ ...DEFAULT_ENGINE_OPTIONS, maxConnections: MAX_CONNECTIONS });
  engine.setTicks(GENERATOR_SEND_TICK_MS, NO_WAIT);
  const servers = await Servers.start();
  try {
    return await work(engine, servers);
  } finally {
    await servers.stop();
    engine.close();
  }
}

/** Runs everything that was asked for; `save` is called whenever a case is done. */
async function measure(
  engine: Engine,
  servers: Servers,
  save: (results: Results) => void,
): Promise<Results> {
  const workloads = chosenWorkloads(options);
  const all = serverFactories(servers);
  const available = await Available.among(all, (kind) => {
    if (kind === 'floor') return true;
    if (kind === 'worker-before-sessions') return !options.floor && workloads.includes(sessions);
    return kind === 'worker' ? !options.floor : isPeerWanted(options, kind);
  });
  pinToGenerator();
  const { seconds, rounds } = options;
  const { factories } = available;
  const setting = { engine, servers, factories, seconds, rounds, warmUpMs: WARM_UP_MS, say };
  const run = new BenchRun(setting);
  let results = emptyResults(options);
  for (const [kind, reason] of available.missing) results = without(results, `${kind}: ${reason}`);
  for (const workload of workloads) {
    const cases = await workload.cases(sizesOf(options, (task) => available.peers(task)));
    for (const one of cases) {
      if (!isChosen(options, workload.letter, one.key)) continue;
      const contenders = available.contenders(one);
      if (contenders.length === 0) {
        results = without(results, `${one.key}: nothing here can do it (${one.title})`);
        continue;
      }
      const result = await run.runCase(workload, one, contenders);
      results = { ...results, cases: [...results.cases, result] };
      save(results);
    }
  }
  return results;
}

function without(results: Results, reason: string): Results {
  return { ...results, leftOut: [...results.leftOut, reason] };
}

async function bench(): Promise<void> {
  const before = options.merge ? lastResults() : undefined;
  const whole = (results: Results): Results => {
    return before === undefined ? results : merged(before, results);
  };
  const save = (results: Results): void => void saveResults(whole(results));
  const results = await withLab((engine, servers) => measure(engine, servers, save));
  process.stdout.write(`${resultsTable(results)}\n`);
  say(`written to ${path.relative(process.cwd(), saveResults(whole(results)))}`);
  const isShort = results.cases.some((one) => judge(one).some(({ isReached }) => !isReached));
  const isEmpty = results.cases.some((one) => faultsOf(one).length === one.runs.length);
  if (isShort || isEmpty) process.exitCode = 1;
}

async function watchMemory(time: string): Promise<void> {
  const ms = durationMs(time);
  if (ms === undefined) throw new Error(`not a time: ${time}`);
  const result = await withLab((engine, servers) => {
    pinToGenerator();
    return soak({ engine, startWorker: () => servers.startWorker(), say }, { durationMs: ms });
  });
  printSoak(result);
  if (result.faults.length > 0) process.exitCode = 1;
}

if (options.docs) {
  const results = lastResults();
  if (results === undefined) throw new Error('nothing was measured yet: make bench');
  for (const file of writeDocs(results)) say(`written: ${file}`);
} else if (options.soak !== undefined) {
  await watchMemory(options.soak);
} else {
  await bench();
}

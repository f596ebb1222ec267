import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { createEngine, DEFAULT_ENGINE_OPTIONS } from '@streamcluster/worker';
import { durationMs } from './measure/numbers.ts';
import { table } from './measure/table.ts';
import { GENERATOR_CPU, measureWindow } from './measure/window.ts';
import { Servers } from './server/servers.ts';
import { percent, type Environment, type Result } from './workloads/environment.ts';
import { fanOut } from './workloads/fan-out.ts';
import { ingest } from './workloads/ingest.ts';
import { soak } from './workloads/soak.ts';
import { startTime } from './workloads/start-time.ts';

const OUTPUT = path.resolve(import.meta.dirname, '../../.cache/bench');
const GENERATOR_SEND_TICK_MS = 10;
const NO_WAIT = 0;
/** How busy the machine is by itself; figures of a busy one are worth little. */
const QUIET_SECONDS = 2;

interface Options {
  readonly only: string;
  readonly viewers: number;
  readonly publishers: number;
  readonly seconds: number;
  readonly samples: number;
  readonly soak?: string;
}

const options = new Command('bench')
  .description('Measures a worker on CPU 0 under load from CPU 1.')
  .option('--only <names>', 'of fan-out, ingest, start', 'fan-out,ingest,start')
  .option('--viewers <count>', 'FLV viewers of the fan-out', Number, 1000)
  .option('--publishers <count>', 'RTMP publishers of the ingest', Number, 200)
  .option('--seconds <count>', 'how long each measurement lasts', Number, 20)
  .option('--samples <count>', 'viewers whose start is timed', Number, 50)
  .option('--soak <time>', 'instead: churn for so long (10m) and watch memory')
  .parse()
  .opts<Options>();

type Workload = (environment: Environment) => Promise<Result>;

const WORKLOADS: Record<string, Workload> = {
  'fan-out': (environment) => fanOut(environment, options),
  ingest: (environment) => ingest(environment, options),
  start: (environment) => startTime(environment, options),
};

function chosen(): Workload[] {
  if (options.soak !== undefined) {
    const ms = durationMs(options.soak);
    if (ms === undefined) throw new Error(`not a time: ${options.soak}`);
    return [(environment) => soak(environment, { durationMs: ms })];
  }
  return options.only.split(',').map((name) => {
    const workload = WORKLOADS[name];
    if (workload === undefined) throw new Error(`no workload ${name}`);
    return workload;
  });
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** All threads of this process: those of V8 must not disturb the server's CPU. */
function pinToGenerator(): void {
  execFileSync('taskset', ['-a', '-c', '-p', String(GENERATOR_CPU), String(process.pid)]);
}

async function run(): Promise<Result[]> {
  const workloads = chosen();
  if (os.availableParallelism() < 2) throw new Error('needs two CPUs: one to serve, one to load');
  const engine = createEngine({ ...DEFAULT_ENGINE_OPTIONS, maxConnections: 16_000 });
  engine.setTicks(GENERATOR_SEND_TICK_MS, NO_WAIT);
  const servers = await Servers.start();
  pinToGenerator();
  const results: Result[] = [];
  try {
    for (const workload of workloads) {
      const { server } = await measureWindow(QUIET_SECONDS, () => ({}));
      const result = await workload({ engine, startWorker: () => servers.startWorker(), say });
      await servers.stopWorkers();
      const before = { what: 'busy before, by others', value: percent(server.busy) };
      results.push({ ...result, rows: [...result.rows, before] });
    }
  } finally {
    await servers.stop();
    engine.close();
  }
  return results;
}

function print(results: readonly Result[]): void {
  const rows = [['', 'measured', 'wanted']];
  for (const { workload, rows: lines } of results) {
    rows.push([workload, '', '']);
    for (const { what, value, target } of lines) rows.push([`  ${what}`, value, target ?? '']);
  }
  process.stdout.write(`${table(rows)}\n`);
  for (const fault of results.flatMap(({ faults }) => faults)) say(`FAILED: ${fault}`);
}

function save(results: readonly Result[]): void {
  fs.mkdirSync(OUTPUT, { recursive: true });
  const at = new Date().toISOString();
  const machine = { cpu: os.cpus()[0]?.model, cpus: os.cpus().length, kernel: os.release() };
  const file = path.join(OUTPUT, `${at.replaceAll(':', '-')}.json`);
  fs.writeFileSync(file, JSON.stringify({ at, machine, node: process.version, results }, null, 2));
  say(`written to ${path.relative(process.cwd(), file)}`);
}

const results = await run();
print(results);
save(results);
if (results.some(({ faults }) => faults.length > 0)) process.exitCode = 1;

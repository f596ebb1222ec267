import type { Engine } from '@streamcluster/worker';
import { CLIP_1_MBPS, loadClip } from '../generator/clip.ts';
import { Feed } from '../generator/feed.ts';
import { patiently, sleep } from '../generator/wait.ts';
import { mean } from '../measure/numbers.ts';
import { table } from '../measure/table.ts';
import type { WorkerUnderTest } from '../server/worker.ts';
import { megabytes } from '../report/words.ts';
import { Churn } from './soak-churn.ts';
import { HOST } from './workload.ts';

const STEP_MS = 100;
const SAMPLE_MS = 2000;
/** Those by which the worker is asked. */
const OWN_CONNECTIONS = 2;
const MINUTE_MS = 60_000;
/** Longer than a stream without its publisher is kept: memory is where it will be. */
const WARM_UP_MS = 90_000;
const GROWTH_ALLOWED = 1.1;
const GROWTH_ALLOWED_BYTES = 8e6;

interface Environment {
  /** The generator's engine. */
  readonly engine: Engine;
  startWorker(): Promise<WorkerUnderTest>;
  say(text: string): void;
}

export interface SoakResult {
  /** What, and what was measured. */
  readonly rows: readonly (readonly [string, string])[];
  /** Sentences; with any, the run fails. */
  readonly faults: readonly string[];
}

interface Sample {
  readonly atMs: number;
  readonly rssBytes: number;
  readonly arenaBytes: number;
  readonly connections: number;
}

/** Publishers and viewers come and go for a long time: is memory flat? */
export async function soak(
  environment: Environment,
  { durationMs }: { durationMs: number },
): Promise<SoakResult> {
  const { engine, say } = environment;
  const worker = await environment.startWorker();
  const feed = new Feed(engine, await loadClip(CLIP_1_MBPS));
  const churn = new Churn({ engine, host: HOST, feed, worker });
  const samples: Sample[] = [];
  const startedMs = performance.now();
  let nextSampleMs = WARM_UP_MS;
  say(`publishers and viewers come and go for ${durationMs / MINUTE_MS} min after a warm-up`);
  for (;;) {
    const nowMs = performance.now() - startedMs;
    if (nowMs > WARM_UP_MS + durationMs) break;
    churn.step(nowMs);
    if (nowMs >= nextSampleMs) {
      nextSampleMs += SAMPLE_MS;
      samples.push(await sample(worker, nowMs));
      if (samples.length % 30 === 1) say(describe(samples.at(-1)));
    }
    await sleep(STEP_MS);
  }
  await churn.stop();
  feed.stop();
  await patiently('the worker has nobody left', MINUTE_MS, async () => {
    return (await worker.engine()).connections <= OWN_CONNECTIONS;
  });
  return result(samples, churn);
}

async function sample(worker: WorkerUnderTest, atMs: number): Promise<Sample> {
  const { arenaInUseBytes: arenaBytes, connections } = await worker.engine();
  return { atMs, rssBytes: worker.residentBytes(), arenaBytes, connections };
}

function describe(sample: Sample | undefined): string {
  if (sample === undefined) return '';
  const minutes = (sample.atMs - WARM_UP_MS) / MINUTE_MS;
  return `${minutes.toFixed(1)} min: RSS ${megabytes(sample.rssBytes)}, arena ${megabytes(sample.arenaBytes)}, ${sample.connections} connections`;
}

function result(samples: readonly Sample[], churn: Churn): SoakResult {
  const first = samples.filter((one) => one.atMs < WARM_UP_MS + MINUTE_MS);
  const end = samples.at(-1)?.atMs ?? 0;
  const last = samples.filter((one) => one.atMs > end - MINUTE_MS);
  const rss = [first, last].map((part) => mean(part.map((one) => one.rssBytes)));
  const arena = [first, last].map((part) => mean(part.map((one) => one.arenaBytes)));
  const faults: string[] = [];
  if (grew(rss)) faults.push('RSS grew');
  if (grew(arena)) faults.push('the arena grew');
  if (churn.lost > 0) faults.push(`${churn.lost} publishers were closed by the worker`);
  const minutes = (end - WARM_UP_MS) / MINUTE_MS;
  return {
    rows: [
      ['minutes of publishing and churning viewers', minutes.toFixed(1)],
      ['RSS, first and last minute', rss.map(megabytes).join(' and ')],
      ['arena, first and last minute', arena.map(megabytes).join(' and ')],
      ['publishers came', String(churn.published)],
      ['viewers came, of them served', `${churn.watched}, ${churn.served}`],
    ],
    faults,
  };
}

export function printSoak({ rows, faults }: SoakResult): void {
  process.stdout.write(`${table(rows)}\n`);
  for (const fault of faults) process.stderr.write(`FAILED: ${fault}\n`);
}

function grew([first = 0, last = 0]: number[]): boolean {
  return last > first * GROWTH_ALLOWED + GROWTH_ALLOWED_BYTES;
}

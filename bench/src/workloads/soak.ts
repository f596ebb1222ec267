import { CLIP_1_MBPS, loadClip } from '../generator/clip.ts';
import { Feed } from '../generator/feed.ts';
import { patiently, sleep } from '../generator/wait.ts';
import { mean } from '../measure/numbers.ts';
import type { WorkerUnderTest } from '../server/worker.ts';
import { Churn } from './churn.ts';
import { HOST, megabytes, type Environment, type Result } from './environment.ts';

const STEP_MS = 100;
const SAMPLE_MS = 2000;
/** Those by which the worker is asked. */
const OWN_CONNECTIONS = 2;
const MINUTE_MS = 60_000;
/** Longer than a stream without its publisher is kept: memory is where it will be. */
const WARM_UP_MS = 90_000;
const GROWTH_ALLOWED = 1.1;
const GROWTH_ALLOWED_BYTES = 8e6;

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
): Promise<Result> {
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

function result(samples: readonly Sample[], churn: Churn): Result {
  const first = samples.filter((one) => one.atMs < WARM_UP_MS + MINUTE_MS);
  const end = samples.at(-1)?.atMs ?? 0;
  const last = samples.filter((one) => one.atMs > end - MINUTE_MS);
  const rss = [first, last].map((part) => mean(part.map((one) => one.rssBytes)));
  const arena = [first, last].map((part) => mean(part.map((one) => one.arenaBytes)));
  const faults: string[] = [];
  if (grew(rss)) faults.push('RSS grew');
  if (grew(arena)) faults.push('the arena grew');
  if (churn.lost > 0) faults.push(`${churn.lost} publishers were closed by the worker`);
  return {
    workload: `${((end - WARM_UP_MS) / MINUTE_MS).toFixed(1)} min of publishing and churning viewers`,
    rows: [
      {
        what: 'RSS, first and last minute',
        value: rss.map(megabytes).join(' and '),
        target: 'flat',
      },
      {
        what: 'arena, first and last minute',
        value: arena.map(megabytes).join(' and '),
        target: 'flat',
      },
      { what: 'publishers came', value: String(churn.published) },
      { what: 'viewers came, of them served', value: `${churn.watched}, ${churn.served}` },
    ],
    details: { samples },
    faults,
  };
}

function grew([first = 0, last = 0]: number[]): boolean {
  return last > first * GROWTH_ALLOWED + GROWTH_ALLOWED_BYTES;
}

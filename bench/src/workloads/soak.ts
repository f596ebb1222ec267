import { CLIP_1_MBPS, loadClip } from '../generator/clip.ts';
import { Feed } from '../generator/feed.ts';
import { CountingViewer } from '../generator/flv-viewer.ts';
import { Publisher, type PublisherOptions } from '../generator/publisher.ts';
import { patiently, sleep } from '../generator/wait.ts';
import { mean } from '../measure/numbers.ts';
import type { WorkerUnderTest } from '../server/worker.ts';
import { HOST, type Environment, type Result } from './environment.ts';

const APP = 'soak';
const STREAMS = 20;
const VIEWERS = 200;
const VIEWER_MIN_MS = 1000;
const VIEWER_SPREAD_MS = 19_000;
/** One in so many viewers stops reading, one in so many asks for what is not there. */
const PAUSING = 10;
const MISTAKEN = 25;
const STEP_MS = 100;
const PUBLISHER_CHANGE_MS = 3000;
const SAMPLE_MS = 2000;
const MINUTE_MS = 60_000;
/** All of it has been used once: memory is where it will be. */
const WARM_UP_MS = 30_000;
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
  const churn = new Churn({ engine, host: HOST, port: worker.rtmpPort, app: APP, feed }, worker);
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
    return (await worker.metric('streamcluster_connections')) === 0;
  });
  return result(samples, churn);
}

async function sample(worker: WorkerUnderTest, atMs: number): Promise<Sample> {
  return {
    atMs,
    rssBytes: worker.residentBytes(),
    arenaBytes: (await worker.metric('streamcluster_arena_bytes')) ?? 0,
    connections: (await worker.metric('streamcluster_connections')) ?? 0,
  };
}

function describe(sample: Sample | undefined): string {
  if (sample === undefined) return '';
  const minutes = (sample.atMs - WARM_UP_MS) / MINUTE_MS;
  return `${minutes.toFixed(1)} min: RSS ${megabytes(sample.rssBytes)}, arena ${megabytes(sample.arenaBytes)}, ${sample.connections} connections`;
}

/** Who is there, and who comes and goes next. */
class Churn {
  published = 0;
  watched = 0;
  /** Publishers that the worker closed. */
  lost = 0;
  private readonly target: Omit<PublisherOptions, 'name'>;
  private readonly worker: WorkerUnderTest;
  private readonly publishers: Publisher[] = [];
  private readonly viewers: { viewer: CountingViewer; untilMs: number }[] = [];
  private nextChangeMs = 0;

  constructor(target: Omit<PublisherOptions, 'name'>, worker: WorkerUnderTest) {
    this.target = target;
    this.worker = worker;
  }

  step(nowMs: number): void {
    while (this.publishers.length < STREAMS) this.publish();
    if (nowMs >= this.nextChangeMs) this.changePublisher(nowMs);
    this.closeViewers(nowMs);
    while (this.viewers.length < VIEWERS) this.watch(nowMs);
  }

  async stop(): Promise<void> {
    for (const { viewer } of this.viewers) viewer.close();
    for (const publisher of this.publishers) publisher.unpublish();
    await Promise.all(this.publishers.map((publisher) => publisher.closed));
  }

  private publish(): void {
    this.publishers.push(new Publisher({ ...this.target, name: `s-${this.published++}` }));
  }

  /** The oldest goes, every second time without a word. */
  private changePublisher(nowMs: number): void {
    this.nextChangeMs = nowMs + PUBLISHER_CHANGE_MS;
    const oldest = this.publishers.shift();
    if (oldest?.isClosed === true) this.lost++;
    if (this.published % 2 === 0) oldest?.unpublish();
    else oldest?.drop();
    this.publish();
  }

  private closeViewers(nowMs: number): void {
    for (let i = this.viewers.length - 1; i >= 0; i--) {
      const one = this.viewers[i];
      if (one === undefined || (one.untilMs > nowMs && !one.viewer.isClosed)) continue;
      one.viewer.close();
      this.viewers.splice(i, 1);
    }
  }

  private watch(nowMs: number): void {
    const number = this.watched++;
    const publisher = this.publishers[Math.floor(Math.random() * STREAMS)];
    const stream = number % MISTAKEN === 0 ? `${APP}/nobody` : (publisher?.key ?? '');
    const extension = number % 4 === 0 ? 'm3u8' : 'flv';
    const { engine, host } = this.target;
    const path = `/${stream}.${extension}`;
    const viewer = new CountingViewer({ engine, host, port: this.worker.httpPort, path });
    if (number % PAUSING === 0) viewer.connection.pauseReads(true);
    const untilMs = nowMs + VIEWER_MIN_MS + Math.random() * VIEWER_SPREAD_MS;
    this.viewers.push({ viewer, untilMs });
  }
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
    workload: `${(end / MINUTE_MS).toFixed(1)} min of publishing and churning viewers`,
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
      { what: 'viewers came', value: String(churn.watched) },
    ],
    details: { samples },
    faults,
  };
}

function grew([first = 0, last = 0]: number[]): boolean {
  return last > first * GROWTH_ALLOWED + GROWTH_ALLOWED_BYTES;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

import { CLIP_2_MBPS, loadClip } from '../generator/clip.ts';
import { Feed } from '../generator/feed.ts';
import { isKeyPicture, ReadingViewer } from '../generator/reading-viewer.ts';
import { Publisher } from '../generator/publisher.ts';
import { patiently, sleep } from '../generator/wait.ts';
import { median, percentile } from '../measure/numbers.ts';
import { HOST, type Environment, type Result, type Row } from './environment.ts';

const APP = 'bench';
const TARGET_HERE_MS = 20;
const TARGET_RELAY_MS = 60;
const PATIENCE_MS = 10_000;
/** Viewers come at any moment of a group of pictures. */
const PAUSE_MS = 70;

/**
 * Time from connect() to the last byte of the first key frame, by a client of
 * our own (players probe for up to two seconds): on the worker that has the
 * stream, and on one that has to open a relay first.
 */
export async function startTime(
  environment: Environment,
  { samples }: { samples: number },
): Promise<Result> {
  const { engine, say } = environment;
  const [ingest, other] = [await environment.startWorker(), await environment.startWorker()];
  const feed = new Feed(engine, await loadClip(CLIP_2_MBPS));
  const target = { engine, host: HOST, port: ingest.rtmpPort, app: APP, feed };
  say(`${samples} streams are published`);
  const publishers = Array.from(
    { length: samples },
    (_, i) => new Publisher({ ...target, name: `start-${i}` }),
  );
  await Promise.all(publishers.map((publisher) => publisher.live));
  // A window of HLS segments, which a new relay fetches too.
  await sleep(15_000);

  say('viewers where the stream is');
  const path = (i: number): string => `/${APP}/start-${i}.flv`;
  const here: number[] = [];
  for (let i = 0; i < samples; i++) {
    here.push(await firstKeyFrame(environment, ingest.httpPort, path(0)));
    await sleep(PAUSE_MS);
  }
  say('viewers through a new relay each');
  const relayed: number[] = [];
  for (let i = 0; i < samples; i++) {
    relayed.push(await firstKeyFrame(environment, other.httpPort, path(i)));
    await sleep(PAUSE_MS);
  }
  for (const publisher of publishers) publisher.unpublish();
  await Promise.all(publishers.map((publisher) => publisher.closed));
  feed.stop();
  return result(here, relayed);
}

async function firstKeyFrame({ engine }: Environment, port: number, path: string): Promise<number> {
  const startedMs = performance.now();
  let tookMs = -1;
  const viewer = new ReadingViewer(
    { engine, host: HOST, port, path },
    {
      onTag(kind, _timestampMs, buf, start) {
        if (tookMs < 0 && isKeyPicture(kind, buf, start)) tookMs = performance.now() - startedMs;
      },
    },
  );
  await patiently(`a key frame of ${path}`, PATIENCE_MS, () => tookMs >= 0 || viewer.isClosed);
  viewer.connection.close();
  if (tookMs < 0) throw new Error(`${path} answered ${viewer.status} and no key frame`);
  return tookMs;
}

function result(here: readonly number[], relayed: readonly number[]): Result {
  const faults: string[] = [];
  if (median(here) > TARGET_HERE_MS) faults.push(`start takes ${median(here).toFixed(1)} ms`);
  if (median(relayed) > TARGET_RELAY_MS) {
    faults.push(`start through a relay takes ${median(relayed).toFixed(1)} ms`);
  }
  return {
    workload: `start: connect to whole first key frame, ${here.length} each`,
    rows: [
      ...rows('where the stream is', here, TARGET_HERE_MS),
      ...rows('through a new relay', relayed, TARGET_RELAY_MS),
    ],
    details: { hereMs: here, relayedMs: relayed },
    faults,
  };
}

function rows(where: string, values: readonly number[], targetMs: number): Row[] {
  return [
    {
      what: `${where}, median`,
      value: `${median(values).toFixed(1)} ms`,
      target: `<= ${targetMs} ms`,
    },
    { what: `${where}, 95 %`, value: `${percentile(values, 0.95).toFixed(1)} ms` },
  ];
}

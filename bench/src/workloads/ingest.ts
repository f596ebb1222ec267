import { CLIP_1_MBPS, loadClip } from '../generator/clip.ts';
import { ContentCheck } from '../generator/content-check.ts';
import { Feed } from '../generator/feed.ts';
import { ReadingViewer } from '../generator/reading-viewer.ts';
import { Publisher } from '../generator/publisher.ts';
import { patiently, sleep } from '../generator/wait.ts';
import { highestBusy, measureWindows, processShare, type Windows } from '../measure/window.ts';
import { HOST, megabytes, percent, type Environment, type Result } from './environment.ts';

const APP = 'bench';
const BATCH = 20;
const BATCH_PAUSE_MS = 100;
const WARM_UP_MS = 5000;
/** Streams that are read and compared, behind the measurement. */
const SAMPLES = 5;
const SAMPLE_TAGS = 300;
const SAMPLE_MS = 30_000;

/** Many publishers, nobody watches: what does taking in cost? */
export async function ingest(
  environment: Environment,
  { publishers: count, seconds }: { publishers: number; seconds: number },
): Promise<Result> {
  const { engine, say } = environment;
  const worker = await environment.startWorker();
  const clip = await loadClip(CLIP_1_MBPS);
  const feed = new Feed(engine, clip);
  const target = { engine, host: HOST, port: worker.rtmpPort, app: APP, feed };
  say(`${count} publishers start`);
  const publishers: Publisher[] = [];
  for (let i = 0; i < count; i++) {
    publishers.push(new Publisher({ ...target, name: `in-${i}` }));
    if (i % BATCH === BATCH - 1) await sleep(BATCH_PAUSE_MS);
  }
  await Promise.all(publishers.map((publisher) => publisher.live));
  await sleep(WARM_UP_MS);
  say(`measuring ${seconds} s`);
  const windows = await measureWindows(seconds, () => ({
    messages: feed.messages,
    cpuMs: worker.cpuMs(),
    bytes: engine.stats().bytesSentTotal,
  }));
  const rssBytes = worker.residentBytes();
  const { arenaInUseBytes } = await worker.engine();
  const lost = publishers.filter((publisher) => !publisher.isLive).length;

  say(`comparing ${SAMPLES} of the streams`);
  const checks = await Promise.all(
    Array.from({ length: SAMPLES }, (_, i) => {
      const name = `in-${Math.floor((i * count) / SAMPLES)}`;
      return compare(new ContentCheck(clip), (check) => {
        const path = `/${APP}/${name}.flv`;
        return new ReadingViewer({ engine, host: HOST, port: worker.httpPort, path }, check);
      });
    }),
  );
  for (const publisher of publishers) publisher.unpublish();
  await Promise.all(publishers.map((publisher) => publisher.closed));
  feed.stop();
  return result({ windows, count, rssBytes, arenaInUseBytes }, [
    ...(lost > 0 ? [`${lost} publishers were closed`] : []),
    ...checks.filter((fault) => fault !== undefined),
  ]);
}

async function compare(
  check: ContentCheck,
  open: (check: ContentCheck) => ReadingViewer,
): Promise<string | undefined> {
  const viewer = open(check);
  await patiently('a sample is compared', SAMPLE_MS, () => {
    return check.tags >= SAMPLE_TAGS || check.error !== undefined || viewer.isClosed;
  });
  viewer.connection.close();
  if (check.tags >= SAMPLE_TAGS && check.error === undefined) return undefined;
  return `sample ended after ${check.tags} tags: ${check.error ?? `status ${viewer.status}`}`;
}

interface Measured {
  readonly windows: Windows;
  readonly count: number;
  readonly rssBytes: number;
  readonly arenaInUseBytes: number;
}

function result(measured: Measured, faults: string[]): Result {
  const { windows, count, rssBytes, arenaInUseBytes } = measured;
  const window = windows.quietest;
  const perSecond = (window.deltas['messages'] ?? 0) / window.seconds;
  const megabits = ((window.deltas['bytes'] ?? 0) * 8) / window.seconds / 1e6;
  return {
    workload: `${count} RTMP publishers, ${perSecond.toFixed(0)} messages/s and ${(megabits / count).toFixed(2)} Mb/s each`,
    rows: [
      { what: 'busy CPU, quietest of 5 windows', value: percent(window.server.busy) },
      { what: 'busy CPU, noisiest', value: percent(highestBusy(windows)) },
      { what: 'of it the process', value: percent(processShare(window)) },
      { what: 'generator CPU', value: percent(window.generator.busy) },
      { what: 'taken in', value: `${megabits.toFixed(0)} Mb/s` },
      { what: 'messages', value: `${(perSecond * count).toFixed(0)} /s` },
      {
        what: 'streams compared',
        value: `${SAMPLES - faults.length} of ${SAMPLES}`,
        target: 'all',
      },
      {
        what: 'RSS, of it the arena',
        value: `${megabytes(rssBytes)}, ${megabytes(arenaInUseBytes)}`,
      },
    ],
    details: { ...measured, perSecond, megabits },
    faults,
  };
}

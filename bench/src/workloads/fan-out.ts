import { CLIP_2_MBPS, loadClip } from '../generator/clip.ts';
import { ContentCheck } from '../generator/content-check.ts';
import { Feed } from '../generator/feed.ts';
import { ReadingViewer } from '../generator/reading-viewer.ts';
import { CountingHttpViewer } from '../generator/viewer.ts';
import { Publisher } from '../generator/publisher.ts';
import { patiently, sleep } from '../generator/wait.ts';
import { highestBusy, measureWindows, processShare, type Windows } from '../measure/window.ts';
import type { WorkerUnderTest } from '../server/worker.ts';
import { HOST, megabytes, percent, type Environment, type Result } from './environment.ts';

const APP = 'bench';
const NAME = 'fan-out';
const BATCH = 50;
const BATCH_PAUSE_MS = 50;
const WARM_UP_MS = 5000;
const JOIN_MS = 60_000;
/** The publisher's grace, and some. */
const CLOSE_MS = 60_000;

/** Many viewers of one stream: what does delivering cost? */
export async function fanOut(
  environment: Environment,
  { viewers: count, seconds }: { viewers: number; seconds: number },
): Promise<Result> {
  const { engine, say } = environment;
  const worker = await environment.startWorker();
  const clip = await loadClip(CLIP_2_MBPS);
  const feed = new Feed(engine, clip);
  const to = { engine, host: HOST, port: worker.rtmpPort, app: APP, name: NAME, feed };
  const publisher = new Publisher(to);
  await publisher.live;

  const at = { engine, host: HOST, port: worker.httpPort, path: `/${APP}/${NAME}.flv` };
  const check = new ContentCheck(clip);
  const reader = new ReadingViewer(at, check);
  await patiently('the first viewer sees a picture', JOIN_MS, () => check.tags > 0);
  say(`${count} viewers join`);
  const viewers = await join(count, () => new CountingHttpViewer(at));
  await sleep(WARM_UP_MS);
  say(`measuring ${seconds} s`);
  const windows = await measureWindows(seconds, async () => ({
    bytes: viewers.reduce((sum, viewer) => sum + viewer.connection.bytesReceived, 0),
    cpuMs: worker.cpuMs(),
    sends: (await worker.engine()).sendCallsTotal,
  }));
  const rssBytes = worker.residentBytes();
  const { sendTickMs } = await worker.engine();

  say('the publisher ends; waiting for the viewers to be closed');
  publisher.unpublish();
  await patiently('all viewers are closed', CLOSE_MS, () => viewers.every((one) => one.isClosed));
  await reader.closed;
  feed.stop();
  const allowed = check.allowedBytes(reader.headBytes);
  const whole = viewers.filter((viewer) => allowed.has(viewer.connection.bytesReceived)).length;
  return result({
    worker,
    windows,
    count,
    whole,
    check,
    rssBytes,
    sendTickMs,
    bitsPerSecond: clip.bitsPerSecond,
  });
}

/** Batches, because a listener's backlog is finite. */
async function join(count: number, open: () => CountingHttpViewer): Promise<CountingHttpViewer[]> {
  const viewers: CountingHttpViewer[] = [];
  while (viewers.length < count) {
    for (let i = 0; i < BATCH && viewers.length < count; i++) viewers.push(open());
    await sleep(BATCH_PAUSE_MS);
  }
  await patiently('all viewers are answered', JOIN_MS, () =>
    viewers.every((viewer) => viewer.status === 200 || viewer.isClosed),
  );
  return viewers;
}

interface Measured {
  readonly worker: WorkerUnderTest;
  readonly windows: Windows;
  readonly count: number;
  readonly whole: number;
  readonly check: ContentCheck;
  readonly rssBytes: number;
  readonly sendTickMs: number;
  readonly bitsPerSecond: number;
}

function result(measured: Measured): Result {
  const { windows, count, whole, check, rssBytes, sendTickMs, bitsPerSecond } = measured;
  const window = windows.quietest;
  const gigabits = ((window.deltas['bytes'] ?? 0) * 8) / window.seconds / 1e9;
  const sendsPerSecond = (window.deltas['sends'] ?? 0) / window.seconds;
  const faults: string[] = [];
  if (whole !== count) faults.push(`${count - whole} of ${count} viewers did not get every byte`);
  if (check.error !== undefined) faults.push(`the reading viewer: ${check.error}`);
  return {
    workload: `${count} FLV viewers of one ${(bitsPerSecond / 1e6).toFixed(1)} Mb/s stream`,
    rows: [
      { what: 'busy CPU, quietest of 5 windows', value: percent(window.server.busy) },
      { what: 'busy CPU, noisiest', value: percent(highestBusy(windows)) },
      { what: 'of it the process', value: percent(processShare(window)) },
      { what: 'generator CPU', value: percent(window.generator.busy) },
      { what: 'delivered', value: `${gigabits.toFixed(2)} Gb/s` },
      { what: 'send calls', value: `${sendsPerSecond.toFixed(0)} /s` },
      { what: 'send tick', value: `${sendTickMs} ms` },
      { what: 'viewers with every byte', value: `${whole} of ${count}`, target: 'all' },
      { what: 'RSS', value: megabytes(rssBytes) },
    ],
    details: {
      windows,
      count,
      whole,
      gigabits,
      sendsPerSecond,
      sendTickMs,
      rssBytes,
      tagsCompared: check.tags,
    },
    faults,
  };
}

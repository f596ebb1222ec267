import { upstreamsOf } from '@streamcluster/placement';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish } from './clients/ffmpeg.ts';
import type { FlvViewer } from './clients/flv.ts';
import { StreamServers } from './clients/servers.ts';
import { viewerOn } from './clients/viewers.ts';
import { compareTags, type Part } from './content/compare.ts';
import { fixture, type Fixture } from './content/fixture.ts';
import { isAudio, isVideo, type FlvTag } from './content/flv-tags.ts';
import type { Child } from './harness/child.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventuallyTrue, within } from './harness/eventually.ts';

const STREAM = 'live/served';
const WORKERS = 6;
const CLIP = { seconds: 40, size: '320x180', videoBitsPerSecond: 300_000 };
const PLAYED_MS = 120_000;
const GO_ON_MS = 2_000;
const BACK_MS = 20_000;

/** Home and replicas die, never the ingest worker: it has the publisher. */
describe('kill -9 of those who serve a stream', { timeout: 300_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;
  let servers: StreamServers;
  let publisher: Child;
  let viewers: FlvViewer[];
  let serving: string[];
  let watching: string[];

  beforeAll(async () => {
    source = await fixture(CLIP);
    cluster = await TestCluster.start('server-death', {
      ...{ replicas: WORKERS, rebalance: 'Disabled' },
    });
    servers = new StreamServers(cluster, STREAM);
  }, 180_000);

  afterAll(() => cluster.stop());

  it('one replica after the other costs viewers elsewhere nothing', async () => {
    publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    await cluster.live(STREAM);
    const { ingest } = await servers.entry();
    const [home = '', first = '', second = '', ...rest] = castOf(cluster, ingest);
    serving = [home, first, second];
    watching = [ingest, ...rest];
    await servers.serve(home, [first, second]);
    viewers = await Promise.all(
      watching.map((id) => viewerOn(cluster, STREAM, cluster.worker(id).pid)),
    );
    await eventuallyTrue('all of them see pictures', 15_000, () =>
      viewers.every(({ tags }) => tags.filter(isVideo).length > 25),
    );
    for (const replica of [first, second]) expect(await kill(replica)).toBeGreaterThan(0);
    await eventuallyTrue('both are back', BACK_MS, () => cluster.workers().length === WORKERS);
  });

  it('the home stops viewers elsewhere for less than 2 s, and they lose nothing', async () => {
    await kill(serving[0] ?? '');
    await publisher.success(PLAYED_MS);
    await within('the stream ends', PLAYED_MS, Promise.all(viewers.map((viewer) => viewer.ended)));
    let [missing, frames] = [0, 0];
    for (const { tags, error } of viewers) {
      expect(error).toBeUndefined();
      const { video, audio } = compareTags(source, tags, { toTheEnd: true, atLeast: 300 });
      missing += missingAfter(source.tags.filter(isVideo), video);
      missing += missingAfter(source.tags.filter(isAudio), audio);
      frames += video.count + audio.count;
    }
    console.log(`frames missing: ${missing} of ${frames}, at ${viewers.length} viewers`);
    expect(missing).toBe(0);
  });

  /** Kills a worker; resolves when viewers elsewhere have got pictures again, with
   * how many of the watching workers pulled from it. */
  async function kill(id: string): Promise<number> {
    const hanging = await hangingOn(id);
    const before = viewers.map(({ tags }) => tags.length);
    process.kill(cluster.worker(id).pid, 'SIGKILL');
    await eventuallyTrue('pictures go on', 10_000, () =>
      viewers.every(({ tags }, i) => tags.length > (before[i] ?? 0) + 100),
    );
    const stoppedMs = viewers.map(({ tags }, i) => longestMs(tags.slice(before[i])));
    console.log(
      `kill -9 of ${id}, which ${hanging} of the watching workers pulled from: ` +
        `pictures stopped for ${Math.max(...stoppedMs).toFixed(0)} ms`,
    );
    for (const ms of stoppedMs) expect(ms).toBeLessThan(GO_ON_MS);
    return hanging;
  }

  async function hangingOn(id: string): Promise<number> {
    const infos = await Promise.all(watching.map((worker) => servers.info(worker)));
    return infos.filter((info) => info?.upstreamWorker === id).length;
  }
});

/** Home, two replicas, and two more of which one pulls from each replica. */
function castOf(cluster: TestCluster, ingest: string): string[] {
  const ids = cluster.workers().map(({ id }) => id);
  const found = ordersOf(ids.filter((id) => id !== ingest)).find(([home = '', ...others]) => {
    const [first = '', second = '', one = '', other = ''] = others;
    const place = { ingest, home, replicas: [first, second] };
    return upstreamsOf(one, place)[0] === first && upstreamsOf(other, place)[0] === second;
  });
  if (found === undefined) throw new Error('no order of these workers will do');
  return found;
}

function ordersOf(ids: readonly string[]): string[][] {
  if (ids.length === 0) return [[]];
  return ids.flatMap((id) =>
    ordersOf(ids.filter((other) => other !== id)).map((order) => [id, ...order]),
  );
}

/** Of what the source has from the first one on. */
function missingAfter(all: readonly FlvTag[], { first, count }: Part): number {
  return all.length - first - count;
}

/** Between two tags. */
function longestMs(tags: readonly FlvTag[]): number {
  const gaps = tags.slice(1).map((tag, i) => tag.receivedAtMs - (tags[i]?.receivedAtMs ?? 0));
  return Math.max(...gaps);
}

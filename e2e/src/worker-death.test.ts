import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish } from './clients/ffmpeg.ts';
import { FlvViewer } from './clients/flv.ts';
import { viewerOn } from './clients/viewers.ts';
import { compareTags } from './content/compare.ts';
import { fixture, type Fixture } from './content/fixture.ts';
import { isVideo } from './content/flv-tags.ts';
import { TestCluster, type WorkerProcess } from './harness/cluster.ts';
import { eventually, eventuallyTrue, within } from './harness/eventually.ts';
import { holderOfConnection } from './harness/procfs.ts';

const STREAM = 'live/steady';
const BACK_WITHIN_MS = 5000;
const PLAYED_MS = 90_000;

describe('kill -9 of a worker that only relays', { timeout: 180_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;

  beforeAll(async () => {
    source = await fixture();
    cluster = await TestCluster.start('death');
  }, 180_000);

  afterAll(() => cluster.stop());

  it('costs viewers elsewhere nothing, and it is back within 5 s', async () => {
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    const stream = await cluster.live(STREAM);
    const roles = [stream?.ingest, stream?.home];
    const relaying = cluster.workers().filter(({ id }) => !roles.includes(id));
    const [victim] = relaying;
    if (victim === undefined) throw new Error('every worker has a part in one stream');
    const others = cluster.workers().filter(({ id }) => id !== victim.id);
    const staying = await Promise.all(others.map(({ pid }) => viewerOn(cluster, STREAM, pid)));
    const leaving = await viewerOn(cluster, STREAM, victim.pid);
    await eventuallyTrue('all of them see pictures', 15_000, () =>
      [...staying, leaving].every(({ tags }) => tags.filter(isVideo).length > 25),
    );

    const killedAtMs = performance.now();
    process.kill(victim.pid, 'SIGKILL');
    await within('its viewer is cut off', 5000, leaving.ended);
    const backMs = await pictureFrom(cluster, victim, killedAtMs);
    console.log(`worker ${victim.id} showed a picture again ${backMs.toFixed(0)} ms after kill -9`);
    expect(backMs).toBeLessThan(BACK_WITHIN_MS);

    await publisher.success(PLAYED_MS);
    await within('the stream ends', PLAYED_MS, Promise.all(staying.map((viewer) => viewer.ended)));
    for (const viewer of staying) {
      expect(viewer.error).toBeUndefined();
      compareTags(source, viewer.tags, { toTheEnd: true, atLeast: 200 });
    }
  });
});

/** Time from the kill to the first picture that the new process of a worker sent. */
async function pictureFrom(
  cluster: TestCluster,
  victim: WorkerProcess,
  killedAtMs: number,
): Promise<number> {
  return eventually('a picture from the new process', 30_000, async () => {
    const found = cluster.workers().find(({ id, pid }) => id === victim.id && pid !== victim.pid);
    if (found === undefined) return undefined;
    const viewer = await new FlvViewer({
      port: cluster.httpPort,
      path: `/${STREAM}.flv`,
    }).answered();
    const holder = holderOfConnection(cluster.httpPort, viewer.localPort, [found.pid]);
    if (holder === found.pid) {
      await eventuallyTrue('its first picture', 5000, () => viewer.tags.some(isVideo));
    }
    viewer.close();
    return holder === found.pid
      ? (viewer.tags.find(isVideo)?.receivedAtMs ?? 0) - killedAtMs
      : undefined;
  });
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Crowd } from './clients/crowd.ts';
import { publish } from './clients/ffmpeg.ts';
import { fixture, type Fixture } from './content/fixture.ts';
import type { ClusterItem, RelayNode } from './harness/api.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventually, eventuallyTrue } from './harness/eventually.ts';

const STREAM = 'live/everybody';
const CLIP = { seconds: 150, size: '320x180', videoBitsPerSecond: 300_000 };
/** Two cycles, with a report before each and the time of a warm-up. */
const SPLIT_MS = 25_000;
const VIEWERS = 400;

describe('a stream that everybody watches, in redirect mode', { timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;

  beforeAll(async () => {
    source = await fixture(CLIP);
    cluster = await TestCluster.start('hot', { replicas: 3, redirect: true, policy: 'Local' });
  }, 180_000);

  afterAll(() => cluster.stop());

  async function balanced(): Promise<ClusterItem['status']['conditions'][number] | undefined> {
    const { status } = await cluster.api.cluster();
    return status.conditions.find(({ type }) => type === 'Balanced');
  }

  it('is split, newcomers go to all who serve it, and all of it can be seen', async () => {
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    const before = await cluster.live(STREAM);
    const crowd = await Crowd.come(VIEWERS, cluster.httpPort, `/${STREAM}.flv`);
    const split = await eventually('replicas', SPLIT_MS, async () => {
      const found = await cluster.api.stream(STREAM);
      return found?.replicas.length === 2 ? found : undefined;
    });
    const { home, ingest: publishedAt, epoch = 0 } = { ...before };
    expect(split).toMatchObject({ home, ingest: publishedAt });
    expect(split.epoch).toBeGreaterThan(epoch);
    expect((await balanced())?.status).toBe('False');
    const said = await eventually('an Event', 10_000, async () => {
      const { events } = await cluster.api.events();
      return events.find(({ reason }) => reason === 'Rebalanced');
    });
    expect(said.message).toMatch(/^1 stream split; highest load over mean load was [123]\.\d\d, /);
    const plan = await cluster.api.rebalance();
    expect(plan.recent[0]?.changes).toMatchObject([
      { stream: STREAM, kind: 'Split', outcome: 'Done', replicas: { before: [] } },
    ]);

    // Who came before stays; a second crowd is spread.
    expect(crowd.lost).toBe(0);
    crowd.leave();
    const second = await Crowd.come(VIEWERS, cluster.httpPort, `/${STREAM}.flv`);
    const top = await eventually('reports of all viewers', 20_000, async () => {
      const [found] = (await cluster.api.streamDetail(STREAM)).tree;
      return found !== undefined && viewersBelow(found) === VIEWERS ? found : undefined;
    });
    expect(top).toMatchObject({ worker: publishedAt, role: 'ingest-and-home' });
    expect(top.pulledBy.map(({ worker }) => worker).sort()).toEqual([...split.replicas].sort());
    for (const { viewers } of [top, ...top.pulledBy]) expect(viewers).toBeGreaterThan(VIEWERS / 6);
    await eventuallyTrue('load is even', 20_000, async () => (await balanced())?.status === 'True');
    const { decision } = await cluster.api.streamDetail(STREAM);
    expect(decision).toMatchObject({ kind: 'Split', outcome: 'Done' });
    expect(second.lost).toBe(0);
    second.leave();
    await publisher.stop();
  });
});

/** Of a worker, and of all who pull the stream from there. */
function viewersBelow({ viewers, pulledBy }: RelayNode): number {
  return pulledBy.reduce((sum, node) => sum + viewersBelow(node), viewers);
}

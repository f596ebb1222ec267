import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Crowd } from './clients/crowd.ts';
import { publish } from './clients/ffmpeg.ts';
import { fixture, type Fixture } from './content/fixture.ts';
import type { WorkerItem } from './harness/api.ts';
import { TestCluster, writeResource } from './harness/cluster.ts';
import { eventually, eventuallyTrue } from './harness/eventually.ts';

const STREAM = 'live/steered';
const CLIP = { seconds: 150, size: '320x180', videoBitsPerSecond: 300_000 };
const VIEWERS = 400;
const NEWCOMERS = 60;
/** A worker starts, reports twice, and a cycle passes. */
const STEERED_MS = 60_000;

describe('workers that share one address, after one more has come', { timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;

  beforeAll(async () => {
    source = await fixture(CLIP);
    cluster = await TestCluster.start('steering', { replicas: 2 });
  }, 180_000);

  afterAll(() => cluster.stop());

  async function worker(id: string): Promise<WorkerItem> {
    const found = (await cluster.api.workers()).find((one) => one.id === id);
    if (found === undefined) throw new Error(`there is no ${id}`);
    return found;
  }

  it('send newcomers past a busy one, cut nobody, and let it have them again', async () => {
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    await cluster.live(STREAM);
    const crowd = await Crowd.come(VIEWERS, cluster.httpPort, `/${STREAM}.flv`);
    writeResource(cluster.resourceFile, { replicas: 3 });
    const busy = await eventually('one is kept from newcomers', STEERED_MS, async () => {
      return (await cluster.api.workers()).find(({ accepting }) => accepting === 'Steered');
    });
    expect(busy.loadOverMean).toBeGreaterThan(1.25);
    const before = (await worker(busy.id)).viewers;
    const newcomers = await Crowd.come(NEWCOMERS, cluster.httpPort, `/${STREAM}.flv`);
    await eventuallyTrue('all are counted', 10_000, async () => {
      const workers = await cluster.api.workers();
      return workers.reduce((sum, { viewers }) => sum + viewers, 0) === VIEWERS + NEWCOMERS;
    });
    expect((await worker(busy.id)).viewers).toBe(before);
    expect([crowd.lost, newcomers.lost]).toEqual([0, 0]);
    crowd.leave();
    newcomers.leave();
    await eventuallyTrue('all take newcomers', 30_000, async () => {
      return (await cluster.api.workers()).every(({ accepting }) => accepting === 'Yes');
    });
    const again = await Crowd.come(NEWCOMERS, cluster.httpPort, `/${STREAM}.flv`);
    await eventuallyTrue('it has newcomers', 10_000, async () => {
      return (await worker(busy.id)).viewers > 0;
    });
    again.leave();
    await publisher.stop();
  });
});

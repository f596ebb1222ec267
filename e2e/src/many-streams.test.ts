import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishMany } from './clients/load-generator.ts';
import { directoryEntries } from './clients/directory.ts';
import type { Child } from './harness/child.ts';
import { TestCluster } from './harness/cluster.ts';
import { eventually, eventuallyTrue } from './harness/eventually.ts';
import { metric, scrape } from './clients/metrics.ts';

const STREAMS = 200;
const AGREE_MS = 30_000;
/** Chi-square with two degrees of freedom is above this once in 10,000 runs. */
const CHI_SQUARE_LIMIT = 18.4;

describe('200 streams published at once', { timeout: 180_000 }, () => {
  let cluster: TestCluster;
  let load: Child;

  beforeAll(async () => {
    cluster = await TestCluster.start('many', { policy: 'Random' });
    load = await publishMany({ port: cluster.rtmpPort, count: STREAMS, app: 'many', seconds: 120 });
  }, 180_000);

  afterAll(async () => {
    await load.stop();
    await cluster.stop();
  });

  it('spreads their homes as Random says', async () => {
    const streams = await eventually(`${STREAMS} live streams in the API`, AGREE_MS, async () => {
      const items = (await cluster.api.streams()).filter(({ state }) => state === 'live');
      return items.length === STREAMS ? items : undefined;
    });
    const homes = cluster
      .workers()
      .map(({ id }) => streams.filter(({ home }) => home === id).length);
    const expected = STREAMS / homes.length;
    const chiSquare = homes.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    console.log(
      `homes ${homes.join(', ')}; chi-square ${chiSquare.toFixed(2)} (2 degrees of freedom)`,
    );
    expect(homes.reduce((sum, count) => sum + count)).toBe(STREAMS);
    expect(chiSquare).toBeLessThan(CHI_SQUARE_LIMIT);
  });

  it('agrees on the counts in directory, API and metrics', async () => {
    const entries = await directoryEntries(cluster);
    const streams = await cluster.api.streams();
    expect(entries.size).toBe(STREAMS);
    for (const { name, home, ingest } of streams) {
      expect(entries.get(name), name).toMatchObject({ home, ingest });
    }
    await eventuallyTrue('operator metrics agree', AGREE_MS, async () => {
      const text = await cluster.api.text('/metrics');
      return metric(text, 'streamcluster_cluster_streams') === STREAMS;
    });
    const { status } = await cluster.api.cluster();
    expect(status.streams).toBe(STREAMS);
    const scrapes = await Promise.all(cluster.adminPorts().map(scrape));
    const publishers = scrapes.map((text) => metric(text, 'streamcluster_publishers'));
    expect(publishers.reduce((sum, count) => sum + count)).toBe(STREAMS);
    for (const text of scrapes)
      expect(metric(text, 'streamcluster_directory_entries')).toBe(STREAMS);
  });

  it('empties all three when the publishers are gone', async () => {
    await load.stop();
    await eventuallyTrue('no streams anywhere', AGREE_MS, async () => {
      const text = await cluster.api.text('/metrics');
      const entries = await directoryEntries(cluster);
      const streams = await cluster.api.streams();
      return entries.size + streams.length + metric(text, 'streamcluster_cluster_streams') === 0;
    });
  });
});

import { afterAll, beforeAll, describe, it } from 'vitest';
import { TestCluster } from '../harness/cluster.ts';
import { Nats } from '../harness/nats.ts';
import { natsWiped } from './nats-faults.ts';
import { liveThrough } from './outage.ts';
import { Site } from './site.ts';

const OUTAGE_MS = 6_000;

/** The short one of those in nats.long.test.ts. */
describe('a cluster whose NATS is killed and comes back without its data', () => {
  let nats: Nats;
  let cluster: TestCluster;
  let site: Site;

  beforeAll(async () => {
    nats = await Nats.start();
    cluster = await TestCluster.start('nats-wiped', { natsUrl: nats.url });
    site = await Site.open(cluster, { streams: 6, viewers: 12, seconds: 300 });
  }, 180_000);

  afterAll(async () => {
    site.close();
    await cluster.stop();
    await nats.stop();
  });

  it('goes on', { timeout: 120_000 }, async () => {
    await liveThrough({
      ...{ site, fault: natsWiped(nats), lastsMs: OUTAGE_MS, newcomerEveryMs: 500 },
    });
  });
});

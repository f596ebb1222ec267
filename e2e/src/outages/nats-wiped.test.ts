import { afterAll, beforeAll, describe, it } from 'vitest';
import { TestCluster } from '../harness/cluster.ts';
import { Nats } from '../harness/nats.ts';
import { natsWiped } from './nats-faults.ts';
import { liveThrough } from './outage.ts';
import { Site } from './site.ts';

const OUTAGE_MS = 6_000;
const HEALS_MS = 5_000;
/** HLS players are counted for a while after they went: they are there from the start. */
const COUNTED_AT_ONCE = ['flv', 'ws-flv', 'rtmp'] as const;

/** The short one of those in nats.long.test.ts. */
describe('a cluster whose NATS is killed and comes back without its data', () => {
  let nats: Nats;
  let cluster: TestCluster;

  beforeAll(async () => {
    nats = await Nats.start();
    // Newcomers would be kept off a worker for longer than this lasts.
    const options = { natsUrl: nats.url, rebalance: 'Disabled' as const };
    cluster = await TestCluster.start('nats-wiped', options);
  }, 180_000);

  afterAll(async () => {
    await cluster.stop();
    await nats.stop();
  });

  it('goes on', { timeout: 120_000 }, async () => {
    const site = await Site.open(cluster, { streams: 6, viewers: 12, seconds: 300 });
    try {
      await liveThrough({
        ...{ site, fault: natsWiped(nats), lastsMs: OUTAGE_MS, healsMs: HEALS_MS },
        newcomers: { protocols: COUNTED_AT_ONCE, everyMs: 300 },
      });
    } finally {
      site.close();
    }
  });
});

import { afterEach, beforeEach, describe, it } from 'vitest';
import { TestCluster } from '../harness/cluster.ts';
import { Nats } from '../harness/nats.ts';
import { natsHung, natsKilled, natsWiped } from './nats-faults.ts';
import { liveThrough } from './outage.ts';
import { Site } from './site.ts';
import { HEALS_MS, HUNG_MS, NEWCOMERS, OUTAGE_MS, SITE, WORKERS } from './sizes.ts';

const PATIENCE_MS = OUTAGE_MS + 300_000;

describe('a cluster whose NATS', () => {
  let nats: Nats;
  let cluster: TestCluster;

  beforeEach(async () => {
    nats = await Nats.start();
    cluster = await TestCluster.start('nats-outage', { replicas: WORKERS, natsUrl: nats.url });
  }, 240_000);

  afterEach(async () => {
    await cluster.stop();
    await nats.stop();
  }, 120_000);

  it.each([
    ['is killed and comes back with its data', natsKilled, OUTAGE_MS],
    ['hangs', natsHung, HUNG_MS],
    ['is killed and comes back without its data', natsWiped, OUTAGE_MS],
  ])('%s goes on', { timeout: PATIENCE_MS }, async (_title, faultOf, lastsMs) => {
    const site = await Site.open(cluster, SITE);
    try {
      await liveThrough({
        site,
        fault: faultOf(nats),
        lastsMs,
        healsMs: HEALS_MS,
        newcomers: NEWCOMERS,
      });
    } finally {
      site.close();
    }
  });
});

import { afterEach, beforeEach, describe, it } from 'vitest';
import { TestCluster } from '../harness/cluster.ts';
import { Nats } from '../harness/nats.ts';
import { natsHung, natsKilled, natsWiped } from './nats-faults.ts';
import { liveThrough } from './outage.ts';
import { Site } from './site.ts';
import { HUNG_MS, NEWCOMER_EVERY_MS, OUTAGE_MS, SITE, WORKERS } from './sizes.ts';

const PATIENCE_MS = OUTAGE_MS + 300_000;

describe('a cluster whose NATS', () => {
  let nats: Nats;
  let cluster: TestCluster;
  let site: Site;

  beforeEach(async () => {
    nats = await Nats.start();
    cluster = await TestCluster.start('nats-outage', { replicas: WORKERS, natsUrl: nats.url });
    site = await Site.open(cluster, SITE);
  }, 240_000);

  afterEach(async () => {
    site.close();
    await cluster.stop();
    await nats.stop();
  }, 120_000);

  it.each([
    ['is killed and comes back with its data', natsKilled, OUTAGE_MS],
    ['hangs', natsHung, HUNG_MS],
    ['is killed and comes back without its data', natsWiped, OUTAGE_MS],
  ])('%s goes on', { timeout: PATIENCE_MS }, async (_title, faultOf, lastsMs) => {
    await liveThrough({ site, fault: faultOf(nats), lastsMs, newcomerEveryMs: NEWCOMER_EVERY_MS });
  });
});

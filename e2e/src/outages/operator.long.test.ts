import { afterAll, beforeAll, describe, it } from 'vitest';
import { TestCluster } from '../harness/cluster.ts';
import { liveThrough } from './outage.ts';
import { Site } from './site.ts';
import { HEALS_MS, NEWCOMERS, OUTAGE_MS, SITE, WORKERS } from './sizes.ts';

/**
 * Workers of `make run` end with their operator, so that nothing is left behind. As
 * in pods, where they outlive it, they are alone when it is stopped.
 */
describe('a cluster whose operator is stopped', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await TestCluster.start('operator-outage', { replicas: WORKERS });
  }, 240_000);

  afterAll(async () => {
    await cluster.stop();
  }, 120_000);

  it('goes on', { timeout: OUTAGE_MS + 300_000 }, async () => {
    const fault = {
      name: 'operator stopped',
      hidesDirectory: false,
      begin: () => cluster.operator.kill('SIGSTOP'),
      end: () => cluster.operator.kill('SIGCONT'),
    };
    const site = await Site.open(cluster, SITE);
    try {
      await liveThrough({
        site,
        fault,
        lastsMs: OUTAGE_MS,
        healsMs: HEALS_MS,
        newcomers: NEWCOMERS,
      });
    } finally {
      site.close();
    }
  });
});

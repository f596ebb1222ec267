import { afterEach, describe, expect, it } from 'vitest';
import { TestCluster } from '../harness/cluster.ts';
import { TOUCHED } from './found-workers.ts';
import { LooseCluster } from './loose-cluster.ts';
import { liveThrough, type Fault } from './outage.ts';
import { Site } from './site.ts';
import { HEALS_MS, NEWCOMERS, OUTAGE_MS, SITE, WORKERS } from './sizes.ts';

const PATIENCE_MS = OUTAGE_MS + 500_000;

describe('a cluster goes on', { timeout: PATIENCE_MS }, () => {
  let cluster: TestCluster;

  afterEach(async () => {
    cluster.operator.kill('SIGCONT');
    await cluster.stop();
  }, 120_000);

  /** Workers of `make run` end with their operator, so that nothing is left behind. */
  it('without an operator that hangs', async () => {
    cluster = await TestCluster.start('operator-hangs', { replicas: WORKERS });
    await withSite(cluster, {
      name: 'operator hung',
      hidesDirectory: false,
      begin: () => cluster.operator.kill('SIGSTOP'),
      end: () => cluster.operator.kill('SIGCONT'),
    });
  });

  it('without an operator that is killed, and with one that knows nothing', async () => {
    const loose = await LooseCluster.startLoose(WORKERS);
    cluster = loose;
    const before = loose.workerPids();
    await withSite(loose, {
      name: 'operator killed, replaced by another',
      hidesDirectory: false,
      begin: () => loose.killOperator(),
      end: () => loose.replaceOperator(),
    });
    expect(loose.workerPids()).toEqual(before);
    expect(loose.operatorOutput).not.toContain(TOUCHED);
  });
});

async function withSite(cluster: TestCluster, fault: Fault) {
  const site = await Site.open(cluster, SITE);
  try {
    const times = { lastsMs: OUTAGE_MS, healsMs: HEALS_MS };
    await liveThrough({ site, fault, ...times, newcomers: NEWCOMERS });
  } finally {
    site.close();
  }
}

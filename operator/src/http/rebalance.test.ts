import { StreamInfo_Role, type StreamInfo } from '@streamcluster/proto';
import { describe, expect, it } from 'vitest';
import { streamInfo } from '../testing/reports.ts';
import { rebalanceWorkers } from './home-loads.ts';
import { rebalanceItem } from './rebalance.ts';
import { TestCluster } from './testing/cluster-view.ts';

const SPEC = '{fixed: {replicas: 2}, rebalance: {mode: DryRun, maxMovesPercent: 50}}';
const { ROLE_HOME, ROLE_RELAY, ROLE_INGEST_AND_HOME } = StreamInfo_Role;

function loadsOf(topStreams: readonly StreamInfo[], loopUtilization = 0.6): number[] {
  const cluster = new TestCluster(SPEC);
  cluster.report('w-0', { topStreams: [...topStreams], loopUtilization });
  const [worker] = rebalanceWorkers(cluster.fleet.list());
  return worker?.homes.map(({ load }) => load) ?? [];
}

describe('rebalanceWorkers', () => {
  it('shares out the load by the bytes that streams move', () => {
    const [one, three] = loadsOf([
      streamInfo('live/one', { role: ROLE_HOME, viewers: { relay: 1 } }),
      streamInfo('live/three', { role: ROLE_HOME, viewers: { relay: 3 } }),
    ]);
    expect(one).toBeCloseTo(0.2);
    expect(three).toBeCloseTo(0.4);
  });

  it('leaves viewers where they are: only relays and the own pull move', () => {
    const [watched, published] = loadsOf([
      streamInfo('live/watched', { role: ROLE_HOME, viewers: { relay: 1, flv: 1 } }),
      streamInfo('live/published', { role: ROLE_INGEST_AND_HOME, viewers: { relay: 2 } }),
    ]);
    expect(watched).toBeCloseTo(0.1);
    expect(published).toBeCloseTo(0.2);
  });

  it('knows nothing of streams that are home elsewhere, and divides by no zero', () => {
    expect(loadsOf([streamInfo('live/a', { role: ROLE_RELAY })])).toEqual([]);
    expect(loadsOf([streamInfo('live/a', { role: ROLE_HOME, bitsPerSecond: 0 })])).toEqual([0]);
  });
});

describe('rebalanceItem', () => {
  function imbalanced(): TestCluster {
    const cluster = new TestCluster(SPEC);
    const topStreams = Array.from({ length: 6 }, (_, at) =>
      streamInfo(`live/${at}`, { role: ROLE_HOME, viewers: { relay: 1 } }),
    );
    cluster.report('w-0', { topStreams, loopUtilization: 0.6 });
    cluster.report('w-1', { loopUtilization: 0.1 });
    return cluster;
  }

  it('says what would move, from where to where and why, twice the same', () => {
    const view = imbalanced().view();
    const item = rebalanceItem(view);
    expect(item).toMatchObject({ mode: 'DryRun', maxMovesPercent: 50, reason: 'Planned' });
    expect(item.moves).toHaveLength(2);
    expect(item.moves[0]).toMatchObject({
      stream: 'live/0',
      from: 'w-0',
      to: 'w-1',
      why: 'w-0 is 60 % busy, 44 % is the bound; w-1, with 10 %, is below the mean',
    });
    expect(rebalanceItem(view)).toEqual(item);
  });

  it('sends nothing to a draining worker', () => {
    const cluster = imbalanced();
    cluster.report('w-1', { loopUtilization: 0.1, draining: true });
    expect(rebalanceItem(cluster.view())).toMatchObject({ moves: [], reason: 'TooFewWorkers' });
  });
});

import { describe, expect, it } from 'vitest';
import type { Change } from '../reconcile/rebalance/change.ts';
import type { PlanRecord } from '../reconcile/rebalance/plan-record.ts';
import { rebalanceItem } from './rebalance.ts';
import { TestCluster } from './testing/cluster-view.ts';

function change(stream: string, more: Partial<Change> = {}): Change {
  const entry = {
    ingest: 'w-0',
    home: 'w-0',
    replicas: [],
    epoch: 3,
    publishedUnixMs: 1,
    nonce: 'n',
  };
  const base = {
    kind: 'Move',
    home: 'w-1',
    replicas: [],
    why: 'because',
    outcome: 'Done',
  } as const;
  return { ...base, stream, entry, ...more };
}

function plan(id: string, changes: readonly Change[], more: Partial<PlanRecord> = {}): PlanRecord {
  const before = { maxLoad: 0.6, meanLoad: 0.3, maxOverMean: 2 };
  const after = { maxLoad: 0.3, meanLoad: 0.3, maxOverMean: 1 };
  return {
    id,
    unixMs: 5,
    reason: 'Planned',
    before,
    after,
    changes,
    accepting: [],
    steering: undefined,
    ...more,
  };
}

describe('rebalanceItem', () => {
  it('shows plans, what became of them, and what runs', async () => {
    const cluster = new TestCluster('{fixed: {replicas: 2}}');
    const running = change('live/b', { kind: 'Split', home: 'w-0', replicas: ['w-1'] });
    running.outcome = 'Running';
    const newest = plan('b', [change('live/a'), running]);
    cluster.rebalancing = { plan: newest, plans: [plan('a', []), newest], running: [running] };
    const item = await rebalanceItem(cluster.view());
    expect(item).toMatchObject({ mode: 'Auto', viewers: 'Service', isFrozen: false });
    expect(item.plan).toMatchObject({
      ...{ id: 'b', summary: '1 home moved, 1 stream split', done: 1, total: 2 },
      message: 'what is planned brings the busiest worker within bounds',
    });
    expect(item.running).toEqual([
      {
        ...{ stream: 'live/b', kind: 'Split', why: 'because', outcome: 'Running' },
        home: { before: 'w-0', after: 'w-0' },
        replicas: { before: [], after: ['w-1'] },
      },
    ]);
    expect(item.recent.map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('lists no more of a plan than anybody reads', async () => {
    const cluster = new TestCluster('{fixed: {replicas: 2}}');
    const changes = Array.from({ length: 150 }, (_, i) => change(`live/${i}`));
    cluster.rebalancing = { plan: plan('a', changes), plans: [], running: [] };
    const item = await rebalanceItem(cluster.view());
    expect([item.plan?.changes.length, item.plan?.total]).toEqual([100, 150]);
  });

  it('says when nothing is moved, whom newcomers are kept from, and how viewers go', async () => {
    const cluster = new TestCluster('{fixed: {}, service: {redirect: {mode: PodAddresses}}}');
    await cluster.runtime.create(0);
    await cluster.runtime.create(1);
    cluster.runtime.change('w-0', { marks: { accepting: false, busy: true } });
    cluster.runtime.change('w-1', {
      marks: { accepting: false, busy: true },
      drainAsked: 'Command',
    });
    const frozen = plan('a', [], { reason: 'TooManySilent' });
    cluster.rebalancing = { plan: frozen, plans: [], running: [] };
    const item = await rebalanceItem(cluster.view());
    expect(item).toMatchObject({ isFrozen: true, viewers: 'Redirect', steeredOff: ['w-0'] });
  });

  it('has no plan where this operator makes none', async () => {
    const item = await rebalanceItem(new TestCluster('{fixed: {}}').view());
    expect(item).toMatchObject({ plan: null, recent: [], running: [] });
  });
});

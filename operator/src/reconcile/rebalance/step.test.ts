import { ServeOutcome } from '@streamcluster/proto';
import { describe, expect, it } from 'vitest';
import { LoadRig } from '../../testing/load-rig.ts';

const REDIRECT = 'service: {redirect: {mode: HostPorts}}';

function spec(rebalance = 'maxMovesPercent: 100', more = REDIRECT): string {
  return `{fixed: {replicas: 4}, rebalance: {${rebalance}}, ${more}}`;
}

/** Twelve streams with 200 HLS viewers each, nine of them at one worker. */
async function lopsided(rebalance?: string, more?: string): Promise<LoadRig> {
  const rig = await LoadRig.ready(spec(rebalance, more));
  for (let i = 0; i < 12; i += 1) {
    const home = i < 9 ? 'w-0' : `w-${i - 8}`;
    rig.publish(`live/${i}`, home);
    rig.watch(`live/${i}`, home, { hls: 200 });
  }
  return rig;
}

/** One that everybody watches. */
async function hot(rebalance?: string, more?: string): Promise<LoadRig> {
  const rig = await LoadRig.ready(spec(rebalance, more));
  rig.publish('live/hot', 'w-1', { epoch: 5 });
  rig.watch('live/hot', 'w-1', { hls: 2_000 });
  return rig;
}

describe('rebalancing', () => {
  it('moves homes by asking ingest workers, fenced by epoch, and says so once a cycle', async () => {
    const rig = await lopsided();
    await rig.pass(8);
    expect(rig.served.length).toBeGreaterThan(3);
    for (const [address, { epoch, home, replicas, reason }] of rig.served) {
      expect([address, epoch, replicas, reason]).toEqual(['w-0:1', 1n, [], 'Rebalance']);
      expect(home).not.toBe('w-0');
    }
    expect(new Set(rig.changes)).toEqual(new Set(['Move Done']));
    expect(rig.reasons.filter((reason) => reason === 'Rebalanced')).toHaveLength(1);
    expect(rig.message('Rebalanced')).toMatch(
      /^\d homes moved; highest load over mean load was 3\.00, 1\.\d\d expected$/,
    );
    expect(rig.decisions.get('live/0')).toMatchObject({ kind: 'Move', outcome: 'Done' });
    for (let cycle = 0; cycle < 2; cycle += 1) {
      rig.follow();
      await rig.pass(8);
    }
    expect(rig.balanced()).toMatchObject({ status: 'True', reason: 'Even' });
  });

  it('waits for a second report, then for what it did to show', async () => {
    const rig = await lopsided('maxMovesPercent: 10');
    // The first report of it falls into a cycle: a moment, not a state.
    await rig.pass(2);
    expect(rig.served).toEqual([]);
    expect(rig.balanced()).toMatchObject({ status: 'False', reason: 'Rebalancing' });
    const times: number[] = [];
    rig.serveAnswer = () => {
      times.push(rig.clock.nowMs());
      return ServeOutcome.SERVE_OUTCOME_DONE;
    };
    await rig.pass(24);
    expect(times.length).toBeGreaterThan(2);
    for (const [at, time] of times.slice(1).entries()) {
      expect(time - (times[at] ?? 0)).toBeGreaterThanOrEqual(6_000);
    }
  });

  it('splits a stream that is too much for one, and merges it when nobody watches', async () => {
    const rig = await hot();
    await rig.pass(8);
    expect(rig.served[0]?.[1]).toMatchObject({ epoch: 5n, home: 'w-1', reason: 'Split' });
    const replicas = rig.directory?.get('live/hot')?.replicas ?? [];
    expect([...replicas].sort()).toEqual(['w-0', 'w-2', 'w-3']);
    expect(rig.message('Rebalanced')).toContain('1 stream split');
    rig.watch('live/hot', 'w-1', { hls: 1 });
    rig.publish('live/other', 'w-2');
    rig.watch('live/other', 'w-2', { hls: 500 });
    await rig.pass(200);
    expect(rig.directory?.get('live/hot')?.replicas).toEqual([]);
    expect(rig.served.at(-1)?.[1]).toMatchObject({ stream: 'live/hot', reason: 'Merge' });
  });

  it('asks again where an answer was lost, and leaves alone what cannot be changed', async () => {
    const rig = await hot();
    rig.serveAnswer = () => undefined;
    await rig.pass(8);
    expect(rig.served).toHaveLength(2);
    expect(rig.served[0]).toEqual(rig.served[1]);
    expect(rig.changes).toEqual(['Split Unreachable']);
    expect(rig.runtime.events.at(-1)).toMatchObject({ type: 'Warning', reason: 'RebalanceFailed' });
    expect(rig.message('RebalanceFailed')).toContain('not done: 1 Unreachable');
    await rig.pass(20);
    expect(rig.served).toHaveLength(2);
    rig.serveAnswer = () => ServeOutcome.SERVE_OUTCOME_DONE;
    await rig.pass(20);
    expect(rig.changes.at(-1)).toBe('Split Done');
  });

  it('decides anew on what has changed meanwhile', async () => {
    const rig = await hot();
    rig.serveAnswer = ({ stream, epoch }) => {
      if (epoch === 9n) return ServeOutcome.SERVE_OUTCOME_DONE;
      rig.publish(stream, 'w-2', { epoch: 9 });
      return ServeOutcome.SERVE_OUTCOME_NEWER_EPOCH;
    };
    await rig.pass(16);
    expect(rig.changes).toEqual(['Split NewerEpoch', 'Split Done']);
    expect(rig.served.at(-1)?.[1]).toMatchObject({ epoch: 9n, home: 'w-2' });
  });

  it('does nothing while many are silent, says so once, and goes on', async () => {
    const rig = await lopsided();
    rig.silent.add('w-2').add('w-3');
    await rig.pass(16);
    const before = rig.served.length;
    rig.publish('live/new', 'w-1');
    rig.watch('live/new', 'w-1', { hls: 5_000 });
    await rig.pass(20);
    expect(rig.served).toHaveLength(before);
    expect(rig.balanced()).toMatchObject({ status: 'Unknown', reason: 'Frozen' });
    rig.silent.clear();
    await rig.pass(16);
    expect(rig.served.length).toBeGreaterThan(before);
    expect(rig.reasons.filter((reason) => reason === 'RebalanceFrozen')).toHaveLength(1);
    expect(rig.reasons.filter((reason) => reason === 'RebalanceResumed')).toHaveLength(1);
  });

  it('takes those whom a new operator has never heard for silent, not for gone', async () => {
    const rig = new LoadRig(spec());
    rig.silent.add('w-2').add('w-3');
    rig.publish('live/hot', 'w-0', { replicas: ['w-2', 'w-3'] });
    rig.watch('live/hot', 'w-0', { hls: 2_000 });
    await rig.start();
    await rig.pass(30);
    expect(rig.served).toEqual([]);
    expect(rig.balanced()).toMatchObject({ status: 'Unknown', reason: 'Frozen' });
    rig.silent.clear();
    await rig.pass(30);
    expect(rig.reasons).toContain('RebalanceResumed');
  });

  it('acts on no load of before an outage of the bus', async () => {
    const rig = await lopsided();
    rig.fleet.setConnected(false);
    await rig.clock.advance(60_000);
    expect(rig.served).toEqual([]);
    rig.fleet.setConnected(true);
    await rig.clock.advance(5_000);
    expect(rig.served).toEqual([]);
    await rig.pass(16);
    expect(rig.served.length).toBeGreaterThan(0);
  });

  it('moves nothing that another operator may have moved a moment ago, but splits', async () => {
    const rig = new LoadRig(spec());
    for (let i = 0; i < 9; i += 1) {
      rig.publish(`live/${i}`, 'w-0');
      rig.watch(`live/${i}`, 'w-0', { hls: 20 });
    }
    rig.publish('live/hot', 'w-1');
    rig.watch('live/hot', 'w-1', { hls: 3_000 });
    await rig.start();
    await rig.pass(50);
    expect(new Set(rig.changes)).toEqual(new Set(['Split Done']));
  });

  it('sends nothing to who drains or is to be replaced', async () => {
    const rig = await lopsided();
    rig.runtime.change('w-2', { isOutdated: true });
    rig.runtime.change('w-3', { drainAsked: 'Command' });
    await rig.pass(10);
    expect(rig.served.length).toBeGreaterThan(0);
    const homes = new Set(rig.served.map(([, { home }]) => home));
    expect(homes.has('w-2') || homes.has('w-3')).toBe(false);
  });

  it('begins nothing more once another one leads', async () => {
    const rig = await lopsided();
    rig.serveAnswer = () => {
      rig.reconciler.stop();
      return ServeOutcome.SERVE_OUTCOME_DONE;
    };
    await rig.pass(8);
    expect(rig.served).toHaveLength(1);
    // Passes that were on their way plan nothing.
    rig.publish('live/hot', 'w-1');
    rig.watch('live/hot', 'w-1', { hls: 9_000 });
    await rig.pass(20);
    expect(rig.served).toHaveLength(1);
    expect(new Set(rig.changes)).toEqual(new Set(['Move TooLate', 'Move Done']));
    expect(rig.reasons).not.toContain('Rebalanced');
  });
});

describe('a dry run', () => {
  const DRY = 'mode: DryRun, maxMovesPercent: 100';

  function approve(rig: LoadRig, id: string): void {
    rig.runtime.annotate({ 'streamcluster.dev/approve-rebalance': id });
  }

  /** Streams of the plan that stands that were moved before. */
  function again(rig: LoadRig, moved: ReadonlyMap<string, string>): string[] {
    const { changes } = rig.reconciler.rebalance.plan ?? { changes: [] };
    return changes.map(({ stream }) => stream).filter((stream) => moved.has(stream));
  }

  async function proposed(): Promise<{ rig: LoadRig; id: string }> {
    const rig = await hot(DRY);
    await rig.pass(8);
    const id = rig.reconciler.rebalance.plan?.id ?? '';
    return { rig, id };
  }

  it('says what it would do, and does nothing', async () => {
    const { rig, id } = await proposed();
    await rig.pass(60);
    expect(rig.served).toEqual([]);
    expect(rig.reasons.filter((reason) => reason === 'RebalancePlanned')).toHaveLength(1);
    expect(rig.message('RebalancePlanned')).toContain(`plan ${id}: 1 stream split`);
    expect(rig.balanced()).toMatchObject({ status: 'False', reason: 'DryRun' });
    // The same plan for as long as it can be approved.
    expect(rig.reconciler.rebalance.plan?.id).toBe(id);
  });

  it('carries out the plan that was approved, as it was shown, once', async () => {
    const { rig, id } = await proposed();
    approve(rig, id);
    await rig.pass(4);
    expect(rig.changes).toEqual(['Split Done']);
    expect(rig.served[0]?.[1].epoch).toBe(5n);
    await rig.pass(30);
    expect(rig.served).toHaveLength(1);
    expect(rig.reasons.filter((reason) => reason === 'RebalancePlanUnknown')).toEqual([]);
  });

  it('leaves streams alone for a minute after a plan of it was carried out', async () => {
    const rig = await lopsided(DRY, `${REDIRECT}, hotStreams: {splitAtMeanLoad: 100}`);
    await rig.pass(8);
    approve(rig, rig.reconciler.rebalance.plan?.id ?? '');
    await rig.pass(4);
    const moved = new Map(rig.served.map(([, { stream, home }]) => [stream, home]));
    expect(moved.size).toBeGreaterThan(3);
    // By their loads alone they would move again at once.
    for (const [stream, home] of moved) rig.watch(stream, home, { hls: 1_500 });
    rig.follow();
    for (let i = 9; i < 12; i += 1) rig.watch(`live/${i}`, `w-${i - 8}`, { hls: 1 });
    await rig.pass(30);
    expect(rig.balanced()).toMatchObject({ status: 'False' });
    expect(again(rig, moved)).toEqual([]);
  });

  it('tells of an approval of a plan that is not known, once', async () => {
    const { rig } = await proposed();
    approve(rig, 'feedc0de');
    await rig.pass(20);
    expect(rig.served).toEqual([]);
    expect(rig.reasons.filter((reason) => reason === 'RebalancePlanUnknown')).toHaveLength(1);
  });

  it('does not outlive what it was planned for', async () => {
    const { rig, id } = await proposed();
    rig.watch('live/hot', 'w-1', { hls: 1 });
    await rig.pass(16);
    approve(rig, id);
    await rig.pass(8);
    expect(rig.served).toEqual([]);
    expect(rig.reasons).toContain('RebalancePlanUnknown');
  });
});

describe('a mode', () => {
  it('Disabled moves nothing and says why it is uneven', async () => {
    const rig = await lopsided('mode: Disabled');
    await rig.pass(30);
    expect(rig.served).toEqual([]);
    expect(rig.balanced()).toMatchObject({ status: 'False', reason: 'Disabled' });
    expect(rig.reconciler.rebalance.plan?.changes.length).toBeGreaterThan(0);
  });
});

describe('steering', () => {
  const SERVICE = 'maxMovesPercent: 2';

  function off(rig: LoadRig): string[] {
    return [...rig.runtime.instances.values()]
      .filter(({ marks }) => !marks.accepting)
      .map(({ name }) => name);
  }

  /** Viewers who stay, most of them at two of six workers. */
  async function crowded(): Promise<LoadRig> {
    const rig = await LoadRig.ready(`{fixed: {replicas: 6}, rebalance: {${SERVICE}}}`);
    for (let i = 0; i < 6; i += 1) {
      rig.publish(`live/${i}`, `w-${i}`);
      rig.watch(`live/${i}`, `w-${i}`, { flv: i < 2 ? 400 : 200 });
    }
    await rig.pass(8);
    return rig;
  }

  it('keeps newcomers off the busiest, a third at most, and lets them back', async () => {
    const rig = await crowded();
    expect(off(rig)).toEqual(['w-0', 'w-1']);
    expect(rig.message('Rebalanced')).toContain('newcomers kept from w-0, w-1');
    for (let i = 2; i < 6; i += 1) rig.watch(`live/${i}`, `w-${i}`, { flv: 390 });
    await rig.pass(8);
    expect(off(rig)).toEqual([]);
    expect(rig.message('Rebalanced')).toContain('newcomers let to w-0, w-1 again');
  });

  it('lets one back at once when others go, and all when nothing is known any more', async () => {
    const rig = await crowded();
    rig.runtime.change('w-5', { isReady: false });
    await rig.clock.advance(1_000);
    expect(off(rig)).toHaveLength(1);
    rig.runtime.change('w-5', { isReady: true });
    rig.fleet.setConnected(false);
    await rig.clock.advance(35_000);
    expect(off(rig)).toEqual([]);
  });

  it('ends with the mode', async () => {
    const rig = await crowded();
    rig.runtime.apply('{fixed: {replicas: 6}, rebalance: {mode: Disabled}}');
    await rig.clock.advance(1_000);
    expect(off(rig)).toEqual([]);
  });

  it('is taken over from the operator before', async () => {
    const rig = new LoadRig(`{fixed: {replicas: 3}, rebalance: {${SERVICE}}}`);
    for (const slot of [0, 1, 2]) await rig.runtime.create(slot);
    rig.runtime.change('w-1', { marks: { accepting: false, busy: false } });
    await rig.start();
    expect(off(rig)).toEqual(['w-1']);
    await rig.pass(20);
    expect(off(rig)).toEqual([]);
  });

  it('leaves it to workers where they send viewers on', async () => {
    const rig = await hot(SERVICE);
    rig.watch('live/hot', 'w-1', { flv: 2_000 });
    await rig.pass(20);
    expect(off(rig)).toEqual([]);
  });
});

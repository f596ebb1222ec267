import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planCycle, type CyclePlan, type CycleSettings } from './cycle.ts';
import { COOL_DOWN_MS, FIRST_CYCLE, MERGE_AFTER_MS, type CycleState } from './cycle-state.ts';
import { decisionText, type Decision, type ReplicasDecision } from './decision.ts';
import { seededRandom } from './random.ts';
import { names, TestFleet } from './testing/fleet.ts';

const SETTINGS: CycleSettings = {
  mode: 'Redirect',
  maxImbalance: 1.25,
  maxMovesPercent: 100,
  splitAtMeanLoad: 0.5,
  maxReplicas: undefined,
};

function plan(
  fleet: TestFleet,
  more: Partial<CycleSettings> & { state?: CycleState; nowMs?: number; seed?: number } = {},
): CyclePlan {
  const { state = FIRST_CYCLE, nowMs = 0, seed = 1, ...settings } = more;
  return planCycle({
    settings: { ...SETTINGS, ...settings },
    ...{ picture: fleet.picture(), state, nowMs, random: seededRandom(seed) },
  });
}

function replicasOf({ decisions }: CyclePlan, stream: string): ReplicasDecision | undefined {
  return decisions.find(
    (decision): decision is ReplicasDecision =>
      decision.kind === 'Replicas' && decision.stream === stream,
  );
}

const kinds = ({ decisions }: CyclePlan): string[] => decisions.map(({ kind }) => kind);

/** Ten workers; one has 20 streams with 200 HLS viewers each, the others one each. */
function lopsided(): TestFleet {
  const fleet = new TestFleet(names(10));
  for (let i = 0; i < 20; i += 1) {
    fleet.stream(`live/${i}`, 'w-0').viewers(`live/${i}`, 'w-0', { hls: 200 });
  }
  for (let i = 1; i < 10; i += 1) {
    fleet.stream(`own/${i}`, `w-${i}`).viewers(`own/${i}`, `w-${i}`, { hls: 200 });
  }
  return fleet.settle();
}

/** Ten workers and one stream that everybody watches, at its home. */
function hot(protocol = 'hls', viewers = 5_000): TestFleet {
  const fleet = new TestFleet(names(10));
  fleet.stream('live/hot', 'w-3').viewers('live/hot', 'w-3', { [protocol]: viewers });
  return fleet.settle();
}

describe('planCycle', () => {
  it('moves homes with those who follow, and says from where to where and why', () => {
    const result = plan(lopsided());
    expect(result.reason).toBe('Planned');
    expect(result.before.maxOverMean).toBeGreaterThan(5);
    expect(result.after.maxOverMean).toBeLessThanOrEqual(1.25);
    for (const decision of result.decisions) {
      if (decision.kind !== 'Move') throw new Error(decision.kind);
      expect(decision.from).toBe('w-0');
      expect(decision.fromLoad.after).toBeLessThan(decision.fromLoad.before);
      expect(decision.toLoad.after).toBeLessThan(decision.fromLoad.before);
    }
  });

  it('leaves viewers who stay out of it: nothing of theirs moves', () => {
    const fleet = new TestFleet(names(4));
    for (let i = 0; i < 9; i += 1) {
      fleet.stream(`live/${i}`, 'w-0').viewers(`live/${i}`, 'w-0', { flv: 100 });
    }
    const { decisions, reason } = plan(fleet.settle());
    expect(reason).toBe('NothingMoreHelps');
    expect(decisions.map(({ kind }) => kind)).not.toContain('Move');
    // But newcomers find another server.
    const relief = decisions.filter(({ kind }) => kind === 'Replicas');
    expect(relief.length).toBeGreaterThan(0);
    for (const one of relief)
      expect(one).toMatchObject({ why: 'ServerTooBusy', servers: { after: 2 } });
    expect(plan(fleet, { mode: 'Service' }).decisions.map(({ kind }) => kind)).not.toContain(
      'Replicas',
    );
  });

  it('gives no stream more replicas than it may have, also where its servers are busy', () => {
    const fleet = new TestFleet(names(4));
    for (let i = 0; i < 9; i += 1) {
      fleet.stream(`live/${i}`, 'w-0', { replicas: ['w-1'] });
      for (const id of ['w-0', 'w-1']) fleet.viewers(`live/${i}`, id, { flv: 100 });
    }
    const settled = fleet.settle();
    const replicas = (result: CyclePlan): number[] =>
      result.decisions.map((one) => (one.kind === 'Replicas' ? one.replicas.length : 0));
    expect(replicas(plan(settled, { splitAtMeanLoad: 10 }))).toContain(2);
    expect(replicas(plan(settled, { splitAtMeanLoad: 10, maxReplicas: 1 }))).toEqual([]);
  });

  it('serves what everybody watches by everybody', () => {
    const result = plan(hot());
    const decision = replicasOf(result, 'live/hot');
    expect(decision).toMatchObject({
      home: 'w-3',
      why: 'HotByLoad',
      servers: { before: 1, after: 10 },
    });
    expect(new Set([decision?.home, ...(decision?.replicas ?? [])]).size).toBe(10);
    expect(result.after.maxOverMean).toBeLessThan(1.05);
    expect(kinds(result)).toEqual(['Replicas']);
  });

  it('takes no replica where the publisher is, and asks for nothing that nobody can do', () => {
    const fleet = new TestFleet(names(3));
    fleet.stream('live/hot', 'w-0', { ingest: 'w-1' });
    fleet.viewers('live/hot', 'w-0', { hls: 5_000 }).viewers('live/hot', 'w-1', { relay: 1 });
    const before = plan(fleet.settle());
    expect(replicasOf(before, 'live/hot')?.replicas).toEqual(['w-2']);
    fleet.stream('live/hot', 'w-0', { ingest: 'w-1', replicas: ['w-2'] });
    expect(replicasOf(plan(fleet.settle()), 'live/hot')).toBeUndefined();
  });

  it('knows that those who stay are spread by and by only', () => {
    const { before, after } = plan(hot('flv'));
    expect(after.maxOverMean).toBeCloseTo(before.maxOverMean, 1);
  });

  it('gives servers to relays, first those who pull anyway', () => {
    const fleet = new TestFleet(names(60)).stream('live/x', 'w-0');
    for (const id of names(60)) {
      fleet.stream(`own/${id}`, id).viewers(`own/${id}`, id, { flv: 1_000 });
    }
    fleet.viewers('live/x', 'w-0', { relay: 40 });
    for (let i = 10; i < 50; i += 1) fleet.viewers('live/x', `w-${i}`, { flv: 1 });
    const result = plan(fleet.settle(), { mode: 'Service' });
    const decision = replicasOf(result, 'live/x');
    expect(decision).toMatchObject({ why: 'HotByRelays', relays: 40, servers: { after: 2 } });
    expect(Number(decision?.replicas[0]?.slice(2))).toBeGreaterThanOrEqual(10);
    expect(decision?.maxLoad.after).toBeLessThan(decision?.maxLoad.before ?? 0);
  });

  it('replaces replicas that are gone', () => {
    const fleet = hot().stream('live/hot', 'w-3', { replicas: [...names(3), 'dead', 'w-9'] });
    const decision = replicasOf(plan(fleet.change('w-9', { isDraining: true })), 'live/hot');
    expect(decision?.removed).toEqual(['dead', 'w-9']);
    expect(decision?.replicas).not.toContain('w-9');
    expect(decision?.servers).toEqual({ before: 6, after: 9 });
  });

  it('sends nothing to who drains, is silent, full, or to be replaced', () => {
    const fleet = lopsided()
      .change('w-1', { isDraining: true })
      .change('w-2', { isSilent: true })
      .change('w-3', { busy: 0.9 })
      .change('w-4', { accepting: 'No' });
    const seeds = Array.from({ length: 10 }, (_, seed) => plan(fleet, { seed }));
    const receivers = new Set(seeds.flatMap(({ decisions }) => decisions.map(receiverOf)));
    expect([...receivers].sort()).toEqual(['w-5', 'w-6', 'w-7', 'w-8', 'w-9']);
  });

  it('does nothing on the strength of one report, nor while many are silent', () => {
    const sudden = lopsided().change('w-0', { previousLoad: 0.01 });
    expect(plan(sudden)).toMatchObject({ decisions: [], reason: 'OneReportOnly' });
    const ill = lopsided().change('w-9', { accepting: 'Steered' });
    for (const id of names(4)) ill.change(id, { isSilent: true });
    expect(plan(ill, { mode: 'Service' })).toMatchObject({
      ...{ decisions: [], closed: ['w-9'], reason: 'TooManySilent' },
    });
  });

  it('steers newcomers in Service mode, and tells of changes only', () => {
    const fleet = lopsided();
    const first = plan(fleet, { mode: 'Service' });
    expect(first.closed).toEqual(['w-0']);
    expect(first.decisions).toContainEqual(
      expect.objectContaining({
        kind: 'Accepting',
        worker: 'w-0',
        accepts: false,
        why: 'AboveMean',
      }),
    );
    const steered = plan(fleet.change('w-0', { accepting: 'Steered' }), { mode: 'Service' });
    expect(steered.closed).toEqual(['w-0']);
    expect(kinds(steered)).not.toContain('Accepting');
    const level = new TestFleet(names(3)).change('w-1', { accepting: 'Steered' });
    for (const id of names(3))
      level.stream(`live/${id}`, id).viewers(`live/${id}`, id, { flv: 500 });
    expect(plan(level.settle(), { mode: 'Service' }).decisions).toEqual([
      expect.objectContaining({ kind: 'Accepting', worker: 'w-1', accepts: true, why: 'Level' }),
    ]);
    expect(plan(fleet).closed).toEqual([]);
  });

  describe('over several cycles', () => {
    it('leaves a stream alone that it touched, until it has cooled down', () => {
      const fleet = lopsided();
      const first = plan(fleet);
      const again = (nowMs: number): CyclePlan => plan(fleet, { state: first.state, nowMs });
      const touched = new Set(first.decisions.map(streamOf));
      expect(again(COOL_DOWN_MS - 1).decisions.some((one) => touched.has(streamOf(one)))).toBe(
        false,
      );
      expect(again(COOL_DOWN_MS).decisions.some((one) => touched.has(streamOf(one)))).toBe(true);
    });

    it('splits further while a stream is hot, cool-down or not', () => {
      const first = plan(hot('hls', 500), { splitAtMeanLoad: 3 });
      const before = replicasOf(first, 'live/hot')?.replicas ?? [];
      const grown = hot('hls', 5_000).stream('live/hot', 'w-3', { replicas: before });
      const second = plan(grown, { state: first.state, nowMs: 6_000 });
      expect(replicasOf(second, 'live/hot')?.replicas.slice(0, before.length)).toEqual(before);
      expect(replicasOf(second, 'live/hot')?.servers.after).toBe(10);
    });

    it('merges what has cooled down for long, half of it at a time', () => {
      const fleet = new TestFleet(names(10)).stream('live/x', 'w-0', {
        replicas: names(10).slice(1),
      });
      for (const id of names(10)) {
        fleet.stream(`own/${id}`, id).viewers(`own/${id}`, id, { flv: 500 });
      }
      fleet.settle();
      const first = plan(fleet, { splitAtMeanLoad: 5 });
      expect(first.decisions).toEqual([]);
      const at = (state: CycleState, nowMs: number): CyclePlan =>
        plan(fleet, { state, nowMs, splitAtMeanLoad: 5 });
      const early = at(first.state, MERGE_AFTER_MS - 1);
      expect(early.decisions).toEqual([]);
      const due = at(early.state, MERGE_AFTER_MS);
      expect(replicasOf(due, 'live/x')).toMatchObject({
        ...{ why: 'CooledDown', servers: { before: 10, after: 5 } },
      });
    });

    it('does not merge what would make others too busy', () => {
      const fleet = new TestFleet(names(4)).stream('live/x', 'w-0', { replicas: ['w-1'] });
      fleet.viewers('live/x', 'w-1', { flv: 200 }).viewers('live/x', 'w-0', { relay: 1, flv: 500 });
      for (const id of ['w-1', 'w-2', 'w-3']) {
        fleet.stream(`own/${id}`, id).viewers(`own/${id}`, id, { flv: id === 'w-1' ? 300 : 500 });
      }
      const first = plan(fleet.settle(), { splitAtMeanLoad: 5 });
      const due = plan(fleet, { state: first.state, nowMs: MERGE_AFTER_MS, splitAtMeanLoad: 5 });
      expect(due.decisions).toEqual([]);
    });

    it('rests after three cycles whose moves were in vain, until workers come or go', () => {
      const fleet = lopsided();
      let state: CycleState = FIRST_CYCLE;
      const moves: number[] = [];
      let nowMs = 0;
      for (let cycle = 0; cycle < 5; cycle += 1, nowMs += COOL_DOWN_MS) {
        const result = plan(fleet, { state, nowMs });
        moves.push(result.decisions.length);
        state = result.state;
      }
      expect(moves.map((count) => count > 0)).toEqual([true, true, true, false, false]);
      expect(plan(fleet, { state, nowMs }).reason).toBe('NoGain');
      const grown = lopsided().change('w-10', { previousLoad: 0 });
      expect(plan(grown, { state, nowMs }).reason).toBe('Planned');
      expect(plan(fleet, { state, nowMs: nowMs + 300_000 }).reason).toBe('Planned');
    });
  });

  it('keeps to its budget, touches each stream once, sends nothing to itself', () => {
    const worker = fc.array(fc.tuple(fc.nat(3_000), fc.nat(3_000), fc.nat(40)), { maxLength: 4 });
    const some = fc.record({
      workers: fc.array(worker, { minLength: 1, maxLength: 9 }),
      maxMovesPercent: fc.integer({ min: 0, max: 100 }),
      mode: fc.constantFrom('Service' as const, 'Redirect' as const),
      seed: fc.nat(),
    });
    let acted = 0;
    fc.assert(
      fc.property(some, ({ workers, ...more }) => {
        const fleet = new TestFleet(names(workers.length));
        for (const [at, streams] of workers.entries()) {
          for (const [index, [flv, hls, relay]] of streams.entries()) {
            const stream = `live/${at}-${index}`;
            fleet.stream(stream, `w-${at}`).viewers(stream, `w-${at}`, { flv, hls, relay });
          }
        }
        const { decisions } = plan(fleet.settle(), more);
        const changes = decisions.filter(({ kind }) => kind !== 'Accepting');
        acted += Number(changes.length > 0);
        const { maxMovesPercent } = more;
        const allowed =
          maxMovesPercent && Math.max(1, (fleet.directory.size * maxMovesPercent) / 100);
        expect(changes.length).toBeLessThanOrEqual(allowed);
        expect(new Set(changes.map(streamOf)).size).toBe(changes.length);
        for (const decision of decisions) {
          expect(decisionText(decision).length).toBeGreaterThan(20);
          if (decision.kind === 'Move') expect(decision.to).not.toBe(decision.from);
          if (decision.kind !== 'Replicas') continue;
          const servers = [decision.home, ...decision.replicas];
          expect(new Set(servers).size).toBe(servers.length);
        }
      }),
    );
    expect(acted).toBeGreaterThan(30);
  });
});

function receiverOf(decision: Decision): string | undefined {
  return decision.kind === 'Move' ? decision.to : undefined;
}

function streamOf(decision: Decision): string | undefined {
  return decision.kind === 'Accepting' ? undefined : decision.stream;
}

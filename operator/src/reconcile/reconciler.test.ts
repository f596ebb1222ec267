import { describe, expect, it } from 'vitest';
import { OperatorError } from '../errors.ts';
import { ReconcileRig } from '../testing/reconcile-rig.ts';
import type { WorkerInstance } from './runtime.ts';

const THREE = ['w-0', 'w-1', 'w-2'];

async function ready(spec = '{fixed: {replicas: 3}}'): Promise<ReconcileRig> {
  const rig = new ReconcileRig(spec);
  await rig.start();
  await rig.report(rig.runtime.running());
  return rig;
}

function condition(rig: ReconcileRig, type: string): string | undefined {
  return rig.runtime.status?.conditions.find((one) => one.type === type)?.status;
}

describe('scaling', () => {
  it('starts what is wanted, once', async () => {
    const rig = new ReconcileRig('{fixed: {replicas: 3}}');
    await rig.start();
    expect(rig.runtime.created).toEqual(THREE);
    expect(rig.runtime.status).toMatchObject({ phase: 'Pending', replicas: 3, readyReplicas: 0 });
    await rig.clock.advance(60_000);
    expect(rig.runtime.created).toEqual(THREE);
  });

  it('drains the cheapest, by its own way and by the runtime’s, and then leaves it alone', async () => {
    const rig = await ready();
    await rig.report(['w-0', 'w-2'], { publishers: 1 });
    rig.runtime.apply(
      '{fixed: {replicas: 2}, drain: {deadlineSeconds: 7, publisherGraceSeconds: 3}}',
    );
    await rig.clock.advance(10_000);
    const seconds = { deadlineSeconds: 7, publisherGraceSeconds: 3, lingerSeconds: 5 };
    const request = { ...seconds, reason: 'ScaleDown' };
    expect(rig.drained).toEqual([['w-1:1', request]]);
    expect(rig.runtime.deleted).toEqual(['w-1']);
    expect(rig.fleet.get('w-1')?.isDraining).toBe(true);
    expect(rig.runtime.status).toMatchObject({ replicas: 2, draining: 1, desiredReplicas: 2 });
    rig.runtime.gone('w-1');
    await rig.report(['w-0', 'w-2']);
    await rig.clock.advance(2_000);
    expect(rig.runtime.status).toMatchObject({ phase: 'Ready', draining: 0, readyReplicas: 2 });
    expect(rig.runtime.created).toEqual(THREE);
  });

  it('gives a new worker another name while the old one drains', async () => {
    const rig = await ready();
    rig.runtime.apply('{fixed: {replicas: 2}}');
    await rig.clock.advance(1);
    rig.runtime.apply('{fixed: {replicas: 3}}');
    await rig.clock.advance(1);
    expect(rig.runtime.running()).toEqual(['w-0', 'w-1', 'w-3']);
  });

  it('drains also a worker that does not hear', async () => {
    const rig = await ready();
    rig.areWorkersDeaf = true;
    rig.runtime.apply('{fixed: {replicas: 0}}');
    await rig.clock.advance(1);
    expect([...rig.runtime.deleted].sort()).toEqual(THREE);
  });

  it('follows the number of streams, up at once and down after the window', async () => {
    const rig = await ready(
      '{autoscaling: {minReplicas: 1, maxReplicas: 5, streamsPerWorker: 10, scaleDownStabilizationSeconds: 30}}',
    );
    expect(rig.runtime.running()).toEqual(['w-0']);
    rig.streams = 35;
    await rig.clock.advance(3_000);
    expect(rig.runtime.running()).toHaveLength(4);
    rig.streams = 1;
    await rig.clock.advance(20_000);
    expect(rig.runtime.running()).toHaveLength(4);
    await rig.clock.advance(15_000);
    expect(rig.runtime.running()).toHaveLength(1);
  });
});

describe('an operator that just started', () => {
  it('keeps the number while it does not know how many streams there are', async () => {
    const rig = new ReconcileRig(
      '{autoscaling: {maxReplicas: 5, streamsPerWorker: 10, scaleDownStabilizationSeconds: 30}}',
      { desiredReplicas: 4 },
    );
    rig.streams = undefined;
    await rig.start();
    expect(rig.runtime.running()).toHaveLength(4);
    rig.streams = 0;
    await rig.clock.advance(20_000);
    expect(rig.runtime.running()).toHaveLength(4);
    await rig.clock.advance(15_000);
    expect(rig.runtime.running()).toHaveLength(1);
  });

  it('says what limits it, once', async () => {
    const rig = await ready('{autoscaling: {maxReplicas: 2, streamsPerWorker: 10}}');
    rig.streams = 50;
    await rig.clock.advance(10_000);
    const limited = rig.runtime.events.filter(({ reason }) => reason === 'ScalingLimited');
    expect(limited).toHaveLength(1);
    expect(limited[0]?.message).toBe(
      '50 streams and 0 to spare at 10 a worker need 5; maxReplicas allows 2',
    );
    expect(rig.runtime.events.filter(({ reason }) => reason === 'ScaledUp')).toHaveLength(1);
  });
});

describe('workers that end by themselves', () => {
  it('start again at once, under their name', async () => {
    const rig = await ready();
    rig.runtime.exit('w-1', 5_000);
    await rig.clock.advance(1);
    expect(rig.runtime.created).toEqual([...THREE, 'w-1']);
    expect(rig.fleet.get('w-1')).toBeUndefined();
    expect(rig.runtime.status?.readyReplicas).toBe(2);
    const warning = rig.runtime.events.find(({ type }) => type === 'Warning');
    expect(warning).toMatchObject({ worker: 'w-1', reason: 'WorkerExited' });
  });

  it('start later each time when they keep failing, and others do not wait', async () => {
    const rig = await ready();
    const startsOf = (name: string): number =>
      rig.runtime.created.filter((created) => created === name).length;
    const delays: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      const before = startsOf('w-1');
      const exitedAtMs = rig.clock.nowMs();
      rig.runtime.exit('w-1', 100);
      await rig.clock.advance(1);
      while (startsOf('w-1') === before) await rig.clock.advance(50);
      delays.push(rig.clock.nowMs() - exitedAtMs);
    }
    expect(delays[0]).toBeLessThan(10);
    for (const [at, expected] of [500, 1000, 2000, 4000, 8000].entries()) {
      expect(delays[at + 1]).toBeGreaterThanOrEqual(expected);
      expect(delays[at + 1]).toBeLessThan(expected + 200);
    }
    expect(startsOf('w-0')).toBe(1);
    rig.runtime.exit('w-0', 100);
    await rig.clock.advance(1);
    expect(startsOf('w-0')).toBe(2);
  });

  it('are forgiven after a minute', async () => {
    const rig = await ready();
    for (let i = 0; i < 4; i += 1) {
      rig.runtime.exit('w-1', 100);
      await rig.clock.advance(30_000);
    }
    rig.runtime.exit('w-1', 61_000);
    await rig.clock.advance(1);
    expect(rig.runtime.running()).toEqual(THREE);
  });

  it('are called hung when they were', async () => {
    const rig = await ready();
    rig.runtime.exit('w-2', 9_000, true);
    await rig.clock.advance(1);
    expect(rig.runtime.events.at(-2)?.message).toContain('WORKER_HUNG');
    expect(rig.runtime.running()).toEqual(THREE);
  });

  it('are not believed what is still on its way of them', async () => {
    const rig = await ready();
    rig.runtime.exit('w-1', 100);
    await rig.report(['w-1']);
    expect(rig.runtime.status?.readyReplicas).toBe(2);
    await rig.report(['w-1'], { startedUnixMs: 2n });
    await rig.clock.advance(1_000);
    expect(rig.runtime.status?.readyReplicas).toBe(3);
  });
});

describe('a drain that somebody asks for', () => {
  it('is told once, replaced, and taken back when it is asked no more', async () => {
    const rig = await ready();
    rig.runtime.change('w-1', { drainAsked: 'Command' });
    await rig.clock.advance(5_000);
    expect(rig.drained.map(([address, { reason }]) => [address, reason])).toEqual([
      ['w-1:1', 'Command'],
    ]);
    expect(rig.runtime.deleted).toEqual([]);
    expect(rig.runtime.created).toEqual([...THREE, 'w-3']);
    expect(rig.runtime.instances.get('w-1')?.marks.accepting).toBe(false);
    expect(rig.runtime.status).toMatchObject({ replicas: 3, draining: 1 });
    await rig.report(['w-1'], { draining: true });
    rig.runtime.change('w-1', { drainAsked: undefined });
    await rig.clock.advance(1);
    expect(new Set(rig.undrained)).toEqual(new Set(['w-1:1']));
    await rig.report(['w-1'], { draining: false });
    expect(rig.runtime.instances.get('w-1')?.marks.accepting).toBe(true);
    // Now there is one too many.
    expect(rig.runtime.deleted).toHaveLength(1);
  });

  it('ends well: the worker is cleared away without a complaint', async () => {
    const rig = await ready();
    rig.runtime.change('w-1', { drainAsked: 'NodeCordon' });
    await rig.clock.advance(1);
    const exit = { detail: 'drained', kind: 'drained', ranMs: 9_000 } as const;
    rig.runtime.change('w-1', { phase: 'exited', isReady: false, exit });
    await rig.clock.advance(1);
    expect(rig.runtime.deleted).toEqual(['w-1']);
    expect(rig.runtime.events.some(({ type }) => type === 'Warning')).toBe(false);
  });

  it('reaches a worker whose pod somebody else deleted', async () => {
    const rig = await ready();
    rig.runtime.change('w-1', { phase: 'stopping' });
    await rig.clock.advance(1);
    expect(rig.drained.map(([, { reason }]) => reason)).toEqual(['Deleted']);
    expect(rig.runtime.created).toEqual([...THREE, 'w-3']);
  });
});

describe('a lost worker', () => {
  it('gives its slot free', async () => {
    const rig = await ready();
    rig.runtime.change('w-1', { phase: 'lost', isReady: false });
    rig.runtime.instances.delete('w-1');
    await rig.clock.advance(1);
    expect(rig.runtime.created).toEqual([...THREE, 'w-1']);
  });

  it('is replaced when neither bus nor node hear of it; not when only the bus is ill', async () => {
    const rig = await ready();
    rig.runtime.change('w-1', { isReady: false });
    for (let i = 0; i < 20; i += 1) {
      await rig.clock.advance(2_000);
      await rig.report(['w-0', 'w-2', ...rig.runtime.created.slice(3)]);
    }
    expect(rig.runtime.created).toEqual([...THREE, 'w-3']);
    expect(rig.runtime.deleted).toEqual([]);
    await rig.clock.advance(100_000);
    expect(rig.runtime.created).toEqual([...THREE, 'w-3']);
  });
});

describe('a new revision', () => {
  it('comes before the old one goes, and the old one leaves the Service first', async () => {
    const rig = await ready();
    for (const name of THREE) rig.runtime.change(name, { isOutdated: true });
    await rig.clock.advance(1);
    expect(rig.runtime.created).toEqual([...THREE, 'w-3']);
    expect(rig.runtime.deleted).toEqual([]);
    expect(rig.runtime.instances.get('w-0')?.marks.accepting).toBe(true);
    await rig.report(['w-3']);
    await rig.clock.advance(3_000);
    expect(rig.runtime.instances.get('w-0')?.marks.accepting).toBe(false);
    expect(rig.runtime.deleted).toHaveLength(1);
    expect(rig.drained[0]?.[1].reason).toBe('Update');
    for (let i = 0; i < 10; i += 1) {
      await rig.report(rig.runtime.running());
      await rig.clock.advance(1_000);
    }
    expect([...rig.runtime.deleted].sort()).toEqual(THREE);
    expect(rig.runtime.running()).toHaveLength(3);
    expect(rig.runtime.status).toMatchObject({ updatedReplicas: 3, readyReplicas: 3 });
  });
});

describe('marks', () => {
  it('call a worker busy at once and idle after a while', async () => {
    const rig = await ready();
    await rig.report(['w-1'], { publishers: 1 });
    expect(rig.runtime.instances.get('w-1')?.marks.busy).toBe(true);
    await rig.report(['w-1'], { publishers: 0 });
    await rig.clock.advance(2_000);
    expect(rig.runtime.instances.get('w-1')?.marks.busy).toBe(true);
    await rig.report(['w-1']);
    await rig.clock.advance(5_000);
    await rig.report(['w-1']);
    await rig.clock.advance(5_000);
    expect(rig.runtime.instances.get('w-1')?.marks.busy).toBe(false);
  });
});

describe('configuring', () => {
  it('brings each generation to each worker once', async () => {
    const rig = await ready();
    expect(rig.configured.map(([address]) => address).sort()).toEqual(['w-0:1', 'w-1:1', 'w-2:1']);
    rig.runtime.apply(
      '{fixed: {replicas: 3}, streams: {maxLagSeconds: 9}, placement: {policy: Local}}',
    );
    await rig.clock.advance(5_000);
    expect(rig.configured).toHaveLength(6);
    expect(rig.configured.at(-1)?.[1]).toMatchObject({
      version: 2n,
      placementPolicy: 'Local',
      streams: { maxLagSeconds: 9, publisherGraceSeconds: 15, hls: { segments: 6 } },
    });
  });

  it('tries again until it is heard; until then the worker is not ready', async () => {
    const rig = new ReconcileRig('{fixed: {replicas: 1}}');
    rig.areWorkersDeaf = true;
    await rig.start();
    await rig.report(['w-0']);
    await rig.clock.advance(2_500);
    expect(rig.configured.length).toBeGreaterThan(2);
    expect(rig.runtime.status?.readyReplicas).toBe(0);
    rig.areWorkersDeaf = false;
    await rig.clock.advance(2_500);
    expect(rig.runtime.status?.readyReplicas).toBe(1);
  });

  it('is done again for a new process', async () => {
    const rig = await ready();
    rig.runtime.exit('w-1', 100);
    await rig.clock.advance(1);
    await rig.report(['w-1'], { startedUnixMs: 2n });
    expect(rig.configured.filter(([address]) => address === 'w-1:1')).toHaveLength(2);
  });
});

describe('status', () => {
  it('is written only when it changes', async () => {
    const rig = await ready();
    await rig.clock.advance(1_000);
    const writes = rig.runtime.statusWrites;
    await rig.clock.advance(4_000);
    expect(rig.runtime.statusWrites).toBe(writes);
  });

  it('shows a refused resource while the last good one stays in force', async () => {
    const rig = await ready();
    rig.runtime.refuse(
      new OperatorError('RESOURCE_INVALID', 'x.yaml:6:5: spec.fixed.replicas: no'),
    );
    await rig.clock.advance(1);
    expect(rig.runtime.status?.phase).toBe('Degraded');
    const accepted = rig.runtime.status?.conditions.find(({ type }) => type === 'Accepted');
    expect(accepted).toMatchObject({ status: 'False' });
    expect(accepted?.message).toContain('x.yaml:6:5: spec.fixed.replicas');
    expect(rig.runtime.running()).toEqual(THREE);
  });

  it('counts silent workers out, but not while NATS is away', async () => {
    const rig = await ready();
    await rig.clock.advance(4_000);
    rig.fleet.setConnected(false);
    await rig.clock.advance(60_000);
    expect(rig.runtime.status?.readyReplicas).toBe(3);
    expect(condition(rig, 'ControlPlaneConnected')).toBe('False');
    rig.fleet.setConnected(true);
    await rig.clock.advance(5_000);
    expect(rig.runtime.status?.readyReplicas).toBe(3);
    await rig.clock.advance(3_000);
    expect(rig.runtime.status?.readyReplicas).toBe(0);
  });

  it('keeps the time of conditions that did not change', async () => {
    const rig = await ready();
    await rig.clock.advance(1_000);
    const since = rig.runtime.status?.conditions[0]?.lastTransitionTime;
    rig.runtime.apply('{fixed: {replicas: 2}}');
    await rig.clock.advance(5_000);
    expect(rig.runtime.status?.observedGeneration).toBe(2);
    expect(rig.runtime.status?.conditions[0]?.lastTransitionTime).toBe(since);
  });
});

describe('a step that throws', () => {
  it('keeps nobody from being drained', async () => {
    const rig = await ready();
    rig.runtime.prepare = () => Promise.reject(new Error('no Service can be made'));
    rig.runtime.change('w-1', { drainAsked: 'Command' });
    await rig.clock.advance(1);
    expect(rig.drained.map(([address]) => address)).toEqual(['w-1:1']);
    expect(rig.runtime.instances.get('w-1')?.marks.accepting).toBe(false);
    expect(rig.runtime.created).toEqual(THREE);
  });

  it('is tried again, and the rest goes on', async () => {
    const rig = new ReconcileRig('{fixed: {replicas: 2}}');
    rig.runtime.failNextCreate = true;
    await rig.start();
    expect(rig.passes).toContain(false);
    await rig.clock.advance(1_000);
    expect(rig.runtime.running()).toEqual(['w-0', 'w-1']);
  });

  it('keeps nobody from saying how many are wanted', async () => {
    const rig = new ReconcileRig('{fixed: {replicas: 2}}');
    rig.runtime.prepare = () => Promise.reject(new Error('no Service can be made'));
    await rig.start();
    expect(rig.runtime.status).toMatchObject({ phase: 'Pending', desiredReplicas: 2, replicas: 0 });
    expect(condition(rig, 'Ready')).toBe('False');
    rig.runtime.apply('{autoscaling: {minReplicas: 3, maxReplicas: 5, streamsPerWorker: 10}}');
    await rig.clock.advance(10_000);
    expect(rig.runtime.status).toMatchObject({ phase: 'Pending', desiredReplicas: 3 });
  });
});

describe('an operator that just started', () => {
  const idle = { slot: 0, phase: 'running', isReady: true, isOutdated: false } as const;
  const there = (
    name: string,
    slot: number,
    more: Partial<WorkerInstance> = {},
  ): WorkerInstance => ({
    ...{ ...idle, name, slot, unschedulableSinceMs: undefined, drainAsked: undefined },
    ...{ marks: { accepting: true, busy: false }, node: 'node-1', ...more },
  });
  const started = async (...instances: WorkerInstance[]): Promise<ReconcileRig> => {
    const rig = new ReconcileRig('{fixed: {replicas: 1}}');
    for (const one of instances) rig.runtime.instances.set(one.name, one);
    await rig.start();
    return rig;
  };

  it('waits for reports before it sends one of too many away', async () => {
    const rig = await started(there('w-0', 0), there('w-1', 1));
    await rig.report(['w-0']);
    await rig.clock.advance(1_000);
    expect(rig.runtime.deleted).toEqual([]);
    await rig.report(['w-1'], { publishers: 1 });
    expect(rig.runtime.deleted).toEqual(['w-0']);
  });

  it('does not wait for ever; then it spares whose pod says busy', async () => {
    const marks = { accepting: true, busy: true };
    const rig = await started(there('w-0', 0), there('w-1', 1, { marks }));
    await rig.clock.advance(9_000);
    expect(rig.runtime.deleted).toEqual(['w-0']);
  });

  it('leaves the doors as they are meanwhile', async () => {
    const marks = { accepting: false, busy: true };
    const old = there('w-0', 0, { isOutdated: true, marks });
    const rig = await started(old, there('w-1', 1));
    expect(rig.runtime.instances.get('w-0')?.marks.accepting).toBe(false);
    expect(rig.runtime.instances.get('w-1')?.marks.accepting).toBe(true);
    await rig.report(['w-0', 'w-1']);
    await rig.clock.advance(2_000);
    expect(rig.runtime.deleted).toEqual(['w-0']);
  });
});

describe('a worker that is deleted and silent', () => {
  it('is not asked any more: its node is gone', async () => {
    const rig = await ready();
    rig.areWorkersDeaf = true;
    rig.runtime.change('w-1', { phase: 'lost', isReady: false });
    await rig.clock.advance(7_000);
    const asked = rig.drained.length;
    await rig.clock.advance(20_000);
    expect(rig.drained).toHaveLength(asked);
  });
});

import { describe, expect, it } from 'vitest';
import type { WorkerInstance } from '../reconcile/runtime.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { AvoidedNodes } from './avoided-nodes.ts';
import { Expectations } from './expectations.ts';

function instance(name: string, more: Partial<WorkerInstance> = {}): WorkerInstance {
  return {
    ...{ name, slot: 0, phase: 'running', isReady: true, isOutdated: false },
    ...{ unschedulableSinceMs: undefined, drainAsked: undefined, node: undefined },
    marks: { accepting: true, busy: false },
    ...more,
  };
}

function names(instances: readonly WorkerInstance[]): string[] {
  return instances.map(({ name, phase }) => `${name} ${phase}`);
}

describe('Expectations', () => {
  it('shows what was created until the cache does, or never does', async () => {
    const clock = new ManualClock();
    const expectations = new Expectations(clock);
    expectations.onCreated(instance('a', { isReady: false }));
    expect(names(expectations.overlay([]))).toEqual(['a running']);
    expect(names(expectations.overlay([instance('a')]))).toEqual(['a running']);
    expect(expectations.overlay([])).toEqual([]);
    expectations.onCreated(instance('b'));
    await clock.advance(11_000);
    expect(expectations.overlay([])).toEqual([]);
  });

  it('shows what was deleted as stopping, and an ended one no more', () => {
    const expectations = new Expectations(new ManualClock());
    expectations.onDeleted('a');
    expectations.onDeleted('b');
    const seen = [instance('a'), instance('b', { phase: 'exited' }), instance('c')];
    expect(names(expectations.overlay(seen))).toEqual(['a stopping', 'c running']);
    expect(names(expectations.overlay([instance('c')]))).toEqual(['c running']);
  });

  it('gives the slot of an ended one free while the cache still shows its deletion', () => {
    const expectations = new Expectations(new ManualClock());
    const exit = { kind: 'rejected', detail: 'no', ranMs: 0 } as const;
    const ending = instance('a', { phase: 'stopping', exit });
    expect(names(expectations.overlay([ending]))).toEqual(['a stopping']);
    expectations.onDeleted('a');
    expect(expectations.overlay([ending])).toEqual([]);
  });
});

describe('AvoidedNodes', () => {
  it('avoids a node for a while and says so', async () => {
    const clock = new ManualClock();
    const avoided = new AvoidedNodes(clock);
    expect(avoided.problems()).toEqual([]);
    avoided.note('node-1', 'TopologyAffinityError: no');
    expect(avoided.list()).toEqual(['node-1']);
    expect(avoided.problems()).toEqual([
      {
        reason: 'TopologyRejected',
        message: 'node-1 refused a worker and is avoided: TopologyAffinityError: no',
      },
    ]);
    await clock.advance(300_000);
    expect(avoided.list()).toEqual([]);
  });

  it('remembers a bounded number', () => {
    const avoided = new AvoidedNodes(new ManualClock());
    for (let i = 0; i < 150; i += 1) avoided.note(`node-${i}`, 'no');
    expect(avoided.list()).toHaveLength(100);
    expect(avoided.list()).not.toContain('node-0');
  });
});

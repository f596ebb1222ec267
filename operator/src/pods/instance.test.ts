import { describe, expect, it } from 'vitest';
import { instanceOf, type InstanceContext } from './instance.ts';
import { podProblems } from './pod-problems.ts';
import { storedPod } from './testing/pod.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

function context(more: Partial<InstanceContext> = {}): InstanceContext {
  const base = { revision: 'abc', drainsOnCordon: true, nodeOf: () => undefined, unixMs: NOW };
  return { ...base, ...more };
}

function at(seconds: number): string {
  return new Date(NOW + seconds * 1000).toISOString();
}

describe('instanceOf', () => {
  it('sees a worker that serves', () => {
    const pod = storedPod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    expect(instanceOf(pod, context())).toMatchObject({
      ...{ name: 'live-1-1', slot: 1, phase: 'running', isReady: true, isOutdated: false },
      marks: { accepting: true, busy: false },
    });
    expect(instanceOf(pod, context({ revision: 'def' }))?.isOutdated).toBe(true);
  });

  it.each([
    ['no slot', {}],
    ['a slot that is no number', { 'streamcluster.dev/slot': 'one' }],
    ['a slot below 0', { 'streamcluster.dev/slot': '-1' }],
  ])('takes nothing for a worker that has %s', (_what, labels) => {
    expect(instanceOf(storedPod({}, { labels }), context())).toBeUndefined();
  });

  it('tells a pod that is going from one whose node cannot end it', () => {
    const going = storedPod({ phase: 'Running' }, { deletionTimestamp: at(500) });
    expect(instanceOf(going, context())?.phase).toBe('stopping');
    const late = storedPod({ phase: 'Running' }, { deletionTimestamp: at(-31) });
    expect(instanceOf(late, context())?.phase).toBe('lost');
  });

  it.each([
    ['TopologyAffinityError', 'rejected'],
    ['SMTAlignmentError', 'rejected'],
    ['UnexpectedAdmissionError', 'rejected'],
    ['OutOfcpu', 'rejected'],
    ['Evicted', 'evicted'],
    ['Something', 'failed'],
  ])('knows why it ended: %s', (reason, kind) => {
    const { phase, exit } = instanceOf(storedPod({ phase: 'Failed', reason }), context()) ?? {};
    expect(phase).toBe('exited');
    expect(exit).toMatchObject({ kind, ranMs: 0 });
  });

  it('knows a worker that drained, and how long one ran that crashed', () => {
    const drained = instanceOf(storedPod({ phase: 'Succeeded' }), context());
    expect(drained?.exit?.kind).toBe('drained');
    const terminated = { exitCode: 137, reason: 'OOMKilled', finishedAt: at(-10) };
    const containerStatuses = [{ state: { terminated } }];
    const status = { phase: 'Failed', startTime: at(-70), containerStatuses };
    expect(instanceOf(storedPod(status), context())?.exit).toEqual({
      ...{ kind: 'failed', detail: 'exit code 137 (OOMKilled)', ranMs: 60_000 },
    });
  });

  it.each([
    ['unschedulable', { unschedulable: true }],
    ['about to be removed', { taints: [{ key: 'ToBeDeletedByClusterAutoscaler' }] }],
    ['disrupted', { taints: [{ key: 'karpenter.sh/disrupted' }] }],
  ])('drains with a node that is %s, where that is wanted', (_what, spec) => {
    const nodeOf = (): never => ({ spec }) as never;
    expect(instanceOf(storedPod(), context({ nodeOf }))?.drainAsked).toBe('NodeCordon');
    const unwanted = context({ nodeOf, drainsOnCordon: false });
    expect(instanceOf(storedPod(), unwanted)?.drainAsked).toBeUndefined();
  });

  it('drains by command', () => {
    const annotations = { 'streamcluster.dev/drain': '' };
    expect(instanceOf(storedPod({}, { annotations }), context())?.drainAsked).toBe('Command');
    expect(instanceOf(storedPod(), context())?.drainAsked).toBeUndefined();
  });
});

describe('podProblems', () => {
  it('names one of each kind, with what Kubernetes says', () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'not found' };
    const pulling = storedPod({ containerStatuses: [{ state: { waiting } }] });
    const crashing = storedPod({
      containerStatuses: [
        {
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 2 } },
        },
      ],
    });
    const message = '0/2 nodes: Insufficient cpu';
    const unscheduled = storedPod({
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
    });
    expect(podProblems([storedPod(), pulling, pulling, crashing, unscheduled])).toEqual([
      { reason: 'ImagePullFailed', message: 'live-1-1: not found' },
      { reason: 'WorkersCrash', message: 'live-1-1: CrashLoopBackOff, last exit code 2' },
      { reason: 'Unschedulable', message: `live-1-1: ${message}` },
    ]);
  });

  it('says nothing of pods that are going', () => {
    const waiting = { reason: 'ErrImagePull' };
    const pod = storedPod(
      { containerStatuses: [{ state: { waiting } }] },
      { deletionTimestamp: at(5) },
    );
    expect(podProblems([pod])).toEqual([]);
  });
});

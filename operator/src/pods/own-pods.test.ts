import { describe, expect, it } from 'vitest';
import type { Node, Pod, Stored } from '../kube/mod.ts';
import type { InstanceContext } from './instance.ts';
import { workerScheduling } from '../specs/worker-scheduling.ts';
import { testResource } from '../specs/testing/resource.ts';
import { OwnPods } from './own-pods.ts';
import { storedPod } from './testing/pod.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const OWNED = { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'live', uid: 'owner' }] };

function context(more: Partial<InstanceContext> = {}): InstanceContext {
  const base = { revision: 'abc', drainsOnCordon: true, nodeOf: () => undefined, unixMs: NOW };
  return { ...base, ...more };
}

function ownPods(inCache: () => readonly Stored<Pod>[]): OwnPods {
  return new OwnPods('owner', inCache);
}

describe('OwnPods', () => {
  it('leaves out those of a StreamCluster that had the name before', () => {
    const pods = [storedPod({}, OWNED), storedPod({}, { name: 'live-2-1' })];
    expect(
      ownPods(() => pods)
        .list()
        .map(({ metadata }) => metadata.name),
    ).toEqual(['live-1-1']);
  });

  it('knows which names are taken, also by those that are none of ours', () => {
    const own = ownPods(() => [storedPod({}, OWNED), storedPod({}, { name: 'live-1-7' })]);
    expect(own.highestIncarnation(1)).toBe(7);
    expect(own.highestIncarnation(0)).toBe(0);
  });

  it('tells who still avoids a node that may be tried again', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
    const { affinity } = workerScheduling(testResource(), ['node-1', 'node-2']);
    const pending = storedPod({ conditions }, OWNED, { affinity });
    const own = ownPods(() => [pending, storedPod({ conditions }, { ...OWNED, name: 'live-2-1' })]);
    expect(own.heldBack(['node-1', 'node-2'])).toEqual([]);
    expect(own.heldBack(['node-2'])).toEqual(['live-1-1']);
    expect(ownPods(() => [storedPod({}, OWNED, { affinity })]).heldBack([])).toEqual([]);
  });

  it('sees another list, and keeps what it made of the same one', () => {
    let pods = [storedPod({ phase: 'Running' }, OWNED)];
    const own = ownPods(() => pods);
    const [first] = own.instances(context());
    expect(own.instances(context())[0]).toBe(first);
    expect(own.instances(context())).toBe(own.instances(context()));
    expect(first?.isReady).toBe(false);
    const conditions = [{ type: 'Ready', status: 'True' }];
    pods = [storedPod({ phase: 'Running', conditions }, OWNED)];
    expect(own.instances(context())[0]?.isReady).toBe(true);
    pods = [];
    expect(own.instances(context())).toEqual([]);
  });

  it('sees what is not of the pod: revision, cordons, whether they matter', () => {
    const pods = [storedPod({ phase: 'Running' }, OWNED)];
    const own = ownPods(() => pods);
    expect(own.instances(context())[0]?.isOutdated).toBe(false);
    expect(own.instances(context({ revision: 'def' }))[0]?.isOutdated).toBe(true);
    const cordoned: Node = { spec: { unschedulable: true } };
    const nodeOf = (): Node => cordoned;
    expect(own.instances(context())[0]?.drainAsked).toBeUndefined();
    expect(own.instances(context({ nodeOf }))[0]?.drainAsked).toBe('NodeCordon');
    const drainsOnCordon = false;
    expect(own.instances(context({ nodeOf, drainsOnCordon }))[0]?.drainAsked).toBeUndefined();
  });

  it('sees time pass for one that is going', () => {
    const deletionTimestamp = new Date(NOW).toISOString();
    const pods = [storedPod({ phase: 'Running' }, { ...OWNED, deletionTimestamp })];
    const own = ownPods(() => pods);
    expect(own.instances(context())[0]?.phase).toBe('stopping');
    expect(own.instances(context({ unixMs: NOW + 31_000 }))[0]?.phase).toBe('lost');
  });

  it('tells what keeps them from serving, as long as it does', () => {
    const state = { waiting: { reason: 'ErrImagePull' } };
    let pods = [storedPod({ containerStatuses: [{ state }] }, OWNED)];
    const own = ownPods(() => pods);
    expect(own.problems().map(({ reason }) => reason)).toEqual(['ImagePullFailed']);
    pods = [storedPod({ phase: 'Running' }, OWNED)];
    expect(own.problems()).toEqual([]);
  });
});

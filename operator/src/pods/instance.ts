import type { Node, Pod, Stored } from '../kube/mod.ts';
import type { WorkerInstance } from '../reconcile/runtime.ts';
import { marksOf } from '../specs/marks.ts';
import { DRAIN_ANNOTATION, REVISION_LABEL, SLOT_LABEL } from '../specs/names.ts';
import { exitOf } from './exit.ts';

/** So long after its grace, nobody is there who could end a pod. */
const LOST_MS = 30_000;
/** Taints of those who are about to remove a node. */
const LEAVING_TAINTS = new Set([
  'ToBeDeletedByClusterAutoscaler',
  'karpenter.sh/disrupted',
  'node.kubernetes.io/out-of-service',
]);

export interface InstanceContext {
  /** Of the StreamCluster as it is now. */
  readonly revision: string;
  /** Workers of a cordoned node are to be drained. */
  readonly drainsOnCordon: boolean;
  readonly nodeOf: (name: string) => Node | undefined;
  readonly unixMs: number;
}

/** Pure: a pod as a worker; undefined if it is none of ours. */
export function instanceOf(pod: Stored<Pod>, context: InstanceContext): WorkerInstance | undefined {
  const { labels = {}, name } = pod.metadata;
  const slot = Number(labels[SLOT_LABEL] ?? NaN);
  if (!Number.isInteger(slot) || slot < 0) return undefined;
  const exit = exitOf(pod, context.unixMs);
  const instance: WorkerInstance = {
    name,
    slot,
    phase: phaseOf(pod, exit !== undefined, context.unixMs),
    isReady: conditionOf(pod, 'Ready')?.status === 'True',
    isOutdated: labels[REVISION_LABEL] !== context.revision,
    unschedulableSinceMs: unschedulableSince(pod),
    drainAsked: drainAsked(pod, context),
    marks: marksOf(labels),
    node: pod.spec?.nodeName,
  };
  return exit === undefined ? instance : { ...instance, exit };
}

function phaseOf(
  { metadata }: Stored<Pod>,
  hasEnded: boolean,
  unixMs: number,
): WorkerInstance['phase'] {
  const { deletionTimestamp } = metadata;
  if (hasEnded) return deletionTimestamp === undefined ? 'exited' : 'stopping';
  if (deletionTimestamp === undefined) return 'running';
  // The timestamp is when its grace ends.
  return unixMs > Date.parse(deletionTimestamp) + LOST_MS ? 'lost' : 'stopping';
}

function unschedulableSince(pod: Pod): number | undefined {
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return undefined;
  return Date.parse(scheduled.lastTransitionTime ?? '') || 0;
}

function drainAsked(pod: Stored<Pod>, context: InstanceContext): string | undefined {
  const asked = pod.metadata.annotations?.[DRAIN_ANNOTATION];
  if (asked !== undefined) return asked === '' ? 'Command' : asked;
  if (!context.drainsOnCordon || pod.spec?.nodeName === undefined) return undefined;
  return isLeaving(context.nodeOf(pod.spec.nodeName)) ? 'NodeCordon' : undefined;
}

function isLeaving(node: Node | undefined): boolean {
  const { unschedulable = false, taints = [] } = node?.spec ?? {};
  return unschedulable || taints.some(({ key }) => LEAVING_TAINTS.has(key));
}

type Condition = NonNullable<NonNullable<Pod['status']>['conditions']>[number];

export function conditionOf({ status }: Pod, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

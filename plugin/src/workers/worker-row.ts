import { DRAIN_ANNOTATION } from '../kube/names.ts';
import type { Condition, Metadata, Pod } from '../kube/types.ts';
import type { WorkerItem } from '../operator/types.ts';

/** A worker as API server and operator know it. */
export interface WorkerRow {
  readonly name: string;
  readonly namespace: string;
  readonly cluster: string;
  readonly state: string;
  readonly node: string;
  /** Why it is to be emptied; empty: it is not. */
  readonly drain: string;
  readonly isOutdated: boolean;
  readonly restarts: number;
  readonly createdAt: string | null;
  /** What it reported last; null: nothing, or the operator was not asked. */
  readonly report: WorkerItem | null;
}

export interface WorkerSources {
  readonly namespace: string;
  readonly cluster: string;
  readonly pods: readonly Pod[];
  /** Empty where the operator does not answer. */
  readonly items: readonly WorkerItem[];
}

/** Pods and what the operator knows, in order of the names. */
export function workerRows({ namespace, cluster, pods, items }: WorkerSources): WorkerRow[] {
  const podByName = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  const itemById = new Map(items.map((item) => [item.id, item]));
  const names = [...new Set([...podByName.keys(), ...itemById.keys()])];
  return names
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => ({
      name,
      namespace,
      cluster,
      ...merged(podByName.get(name), itemById.get(name)),
    }));
}

type Merged = Omit<WorkerRow, 'name' | 'namespace' | 'cluster'>;

const NO_ITEM: Partial<WorkerItem> = {};
const NO_POD: Pod = { metadata: { name: '' } };
const ENDS: Readonly<Record<string, string>> = { Succeeded: 'exited', Failed: 'failed' };

function merged(pod: Pod | undefined, item: WorkerItem | undefined): Merged {
  const { metadata, spec, status } = pod ?? NO_POD;
  const { state = podState(pod), node, drainAsked, isOutdated = false } = item ?? NO_ITEM;
  return {
    state,
    node: firstOf(spec?.nodeName, node),
    drain: firstOf(metadata.annotations?.[DRAIN_ANNOTATION], drainAsked),
    isOutdated,
    restarts: restartsOf(status),
    createdAt: metadata.creationTimestamp ?? null,
    report: item ?? null,
  };
}

function firstOf(one: string | undefined, other: string | undefined): string {
  return one ?? other ?? '';
}

function restartsOf(status: Pod['status']): number {
  const counts = status?.containerStatuses?.map(({ restartCount = 0 }) => restartCount) ?? [];
  return counts.reduce((sum, one) => sum + one, 0);
}

/** What the API server alone can tell, in the operator's words. */
export function podState(pod: Pod | undefined): string {
  if (pod === undefined) return 'gone';
  const { status, metadata } = pod;
  const end = ENDS[status?.phase ?? ''];
  if (end !== undefined) return end;
  const isDraining = metadata.deletionTimestamp !== undefined || isAskedToDrain(metadata);
  return isDraining ? 'draining' : readiness(status?.conditions ?? []);
}

function isAskedToDrain({ annotations }: Metadata): boolean {
  return annotations?.[DRAIN_ANNOTATION] !== undefined;
}

function readiness(conditions: readonly Condition[]): string {
  if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return 'ready';
  const hasNoNode = conditions.some(({ reason }) => reason === 'Unschedulable');
  return hasNoNode ? 'starting, no node has room' : 'starting';
}

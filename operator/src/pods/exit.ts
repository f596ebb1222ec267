import type { Pod } from '../kube/mod.ts';
import type { WorkerExit } from '../reconcile/runtime.ts';

/** The kubelet's words for a pod that its CPU and topology managers refuse. */
const REJECTIONS = new Set([
  'TopologyAffinityError',
  'SMTAlignmentError',
  'UnexpectedAdmissionError',
  'OutOfcpu',
  'OutOfmemory',
  'OutOfpods',
  'NodeAffinity',
]);
const EVICTIONS = new Set(['Evicted', 'Preempting', 'NodeShutdown', 'Terminated', 'NodeLost']);

/** Undefined: it has not ended. */
export function exitOf(pod: Pod, unixMs: number): WorkerExit | undefined {
  switch (pod.status?.phase) {
    case 'Succeeded':
      return { kind: 'drained', detail: 'drained', ranMs: ranMs(pod, unixMs) };
    case 'Failed': {
      const kind = kindOf(pod.status.reason);
      return { kind, detail: detailOf(pod), ranMs: ranMs(pod, unixMs) };
    }
    default:
      return undefined;
  }
}

function ranMs(pod: Pod, unixMs: number): number {
  const startMs = Date.parse(pod.status?.startTime ?? '');
  const endMs = Date.parse(terminated(pod)?.finishedAt ?? '') || unixMs;
  // One that no kubelet started has not run.
  return Math.max(0, endMs - startMs) || 0;
}

function kindOf(reason: string | undefined): WorkerExit['kind'] {
  if (reason !== undefined && REJECTIONS.has(reason)) return 'rejected';
  return reason !== undefined && EVICTIONS.has(reason) ? 'evicted' : 'failed';
}

function detailOf(pod: Pod): string {
  const { reason, message } = pod.status ?? {};
  const words = [reason, message].filter((word) => word !== undefined && word !== '');
  if (words.length > 0) return words.join(': ');
  const last = terminated(pod);
  return last === undefined ? 'failed' : `exit code ${last.exitCode} (${last.reason ?? 'unknown'})`;
}

type Terminated = NonNullable<
  NonNullable<
    NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number]['state']
  >['terminated']
>;

function terminated({ status }: Pod): Terminated | undefined {
  return status?.containerStatuses?.[0]?.state?.terminated;
}

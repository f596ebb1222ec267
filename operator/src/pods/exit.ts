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
  const { status, metadata } = pod;
  const phase = status?.phase;
  if (phase !== 'Failed' && phase !== 'Succeeded') return undefined;
  const startedAt = status?.startTime ?? metadata?.creationTimestamp ?? '';
  const endedAt = terminated(pod)?.finishedAt;
  const endMs = endedAt === undefined ? unixMs : Date.parse(endedAt);
  const ranMs = Math.max(0, endMs - Date.parse(startedAt)) || 0;
  if (phase === 'Succeeded') return { kind: 'drained', detail: 'drained', ranMs };
  return { kind: kindOf(status?.reason), detail: detailOf(pod), ranMs };
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

import type { Pod } from '../kube/mod.ts';
import type { RuntimeProblem } from '../reconcile/runtime.ts';
import { conditionOf } from './instance.ts';

/** Why a container waits, where that is not just a moment. */
const WAITING: Readonly<Record<string, string>> = {
  ErrImagePull: 'ImagePullFailed',
  ImagePullBackOff: 'ImagePullFailed',
  InvalidImageName: 'ImagePullFailed',
  ErrImageNeverPull: 'ImagePullFailed',
  CreateContainerConfigError: 'ContainerNotMade',
  CreateContainerError: 'ContainerNotMade',
  RunContainerError: 'ContainerNotMade',
  CrashLoopBackOff: 'WorkersCrash',
};

/** What keeps these pods from serving, one problem a kind. */
export function podProblems(pods: readonly Pod[]): RuntimeProblem[] {
  const byReason = new Map<string, RuntimeProblem>();
  for (const pod of pods) {
    const problem = problemOf(pod);
    if (problem !== undefined && !byReason.has(problem.reason))
      byReason.set(problem.reason, problem);
  }
  return [...byReason.values()];
}

function problemOf(pod: Pod): RuntimeProblem | undefined {
  if (pod.metadata?.deletionTimestamp !== undefined) return undefined;
  const name = pod.metadata?.name ?? '';
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False') {
    return { reason: 'Unschedulable', message: `${name}: ${scheduled.message ?? 'no node'}` };
  }
  const [container] = pod.status?.containerStatuses ?? [];
  const waiting = container?.state?.waiting;
  const reason = WAITING[waiting?.reason ?? ''];
  if (reason === undefined) return undefined;
  const last = container?.lastState?.terminated;
  const why = waiting?.message ?? waiting?.reason ?? '';
  const exit = last === undefined ? '' : `, last exit code ${last.exitCode}`;
  return { reason, message: `${name}: ${why}${exit}` };
}

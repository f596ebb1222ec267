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
  return schedulingProblem(pod) ?? containerProblem(pod);
}

function schedulingProblem(pod: Pod): RuntimeProblem | undefined {
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  return { reason: 'Unschedulable', message: `${nameOf(pod)}: ${scheduled.message ?? 'no node'}` };
}

type Container = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

function containerProblem(pod: Pod): RuntimeProblem | undefined {
  const [container] = pod.status?.containerStatuses ?? [];
  const waiting = container?.state?.waiting;
  const reason = WAITING[waiting?.reason ?? ''];
  if (container === undefined || reason === undefined) return undefined;
  return { reason, message: `${nameOf(pod)}: ${waitingFor(container)}` };
}

function waitingFor({ state, lastState }: Container): string {
  const { reason = '', message = reason } = state?.waiting ?? {};
  const last = lastState?.terminated;
  return last === undefined ? message : `${message}, last exit code ${last.exitCode}`;
}

function nameOf({ metadata }: Pod): string {
  return metadata?.name ?? '';
}

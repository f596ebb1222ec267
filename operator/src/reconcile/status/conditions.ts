import type { Condition } from '../../api/status.ts';
import type { Observation } from '../step.ts';
import { numaState } from './numa.ts';

/** A condition before it is compared with the last one. */
export type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** The numbers that conditions speak of. */
export interface Counts {
  readonly desired: number;
  readonly ready: number;
  readonly running: number;
  /** Running ones of the newest revision. */
  readonly updated: number;
  readonly draining: number;
  readonly maxLoad: number;
}

type Say = readonly [reason: string, message: string];

export function findings(observation: Observation, counts: Counts): Finding[] {
  return [
    accepted(observation),
    ready(observation, counts),
    available(counts),
    progressing(counts),
    controlPlaneConnected(observation),
    numaAligned(observation),
  ];
}

/** Takes over the time of what did not change. */
export function merged(
  previous: readonly Condition[],
  next: readonly Finding[],
  generation: number,
  unixMs: number,
): Condition[] {
  const now = new Date(unixMs).toISOString();
  return next.map((finding) => {
    const before = previous.find(({ type }) => type === finding.type);
    const isSame = before?.status === finding.status;
    const lastTransitionTime = isSame ? before.lastTransitionTime : now;
    return { ...finding, observedGeneration: generation, lastTransitionTime };
  });
}

function finding(type: string, holds: boolean | undefined, yes: Say, no: Say = yes): Finding {
  const [reason, message] = holds === false ? no : yes;
  const status = holds === undefined ? 'Unknown' : holds ? 'True' : 'False';
  return { type, status, reason, message };
}

function accepted({ fault }: Observation): Finding {
  const no: Say = ['Invalid', fault === undefined ? '' : `${fault.code}: ${fault.message}`];
  return finding('Accepted', fault === undefined, ['Valid', 'the newest version is in force'], no);
}

function ready({ fault, problems }: Observation, { desired, ready }: Counts): Finding {
  const message = `${ready} of ${desired} workers are ready`;
  if (fault !== undefined) return finding('Ready', false, ['Invalid', fault.message]);
  const [problem] = problems;
  const reason = problem?.reason ?? 'NotAllReady';
  const because = problems.map((one) => `; ${one.message}`).join('');
  // During an update there are more than wanted.
  const isReady = ready >= desired;
  return finding('Ready', isReady, ['AllReady', message], [reason, message + because]);
}

function available({ desired, ready }: Counts): Finding {
  const isAvailable = ready > 0 || desired === 0;
  return finding(
    'Available',
    isAvailable,
    ['Serving', 'at least one worker serves'],
    ['NobodyServes', 'no worker is ready'],
  );
}

function progressing({ desired, running, ready, updated, draining }: Counts): Finding {
  const isUpdating = updated < running;
  const starting = running - Math.min(running, ready);
  const update = isUpdating ? `, ${running - updated} are to be replaced` : '';
  const message = `${starting} start, ${draining} drain${update}`;
  const isMoving = running !== desired || ready < running || draining > 0 || isUpdating;
  const yes: Say = [isUpdating ? 'Updating' : 'Scaling', message];
  return finding('Progressing', isMoving, yes, ['Settled', 'nothing changes']);
}

function controlPlaneConnected({ isBusConnected }: Observation): Finding {
  return finding(
    'ControlPlaneConnected',
    isBusConnected,
    ['Connected', 'NATS answers'],
    ['NatsUnreachable', 'NATS_UNREACHABLE: media goes on with what workers know'],
  );
}

/** Problems of this kind say that a node refused to align a worker. */
const TOPOLOGY_REJECTED = 'TopologyRejected';

function numaAligned(observation: Observation): Finding {
  const state = numaState(observation);
  if (state === undefined) {
    return finding('NumaAligned', undefined, ['NotPinned', 'spec.worker.pinning is None']);
  }
  const rejected = observation.problems.find(({ reason }) => reason === TOPOLOGY_REJECTED);
  if (rejected !== undefined) {
    return finding('NumaAligned', false, [rejected.reason, rejected.message]);
  }
  const { pinned, aligned, astray, shared } = state;
  if (astray.length > 0) {
    const message = `CPUs or memory of several NUMA nodes: ${astray.join(', ')}`;
    return finding('NumaAligned', false, ['Astray', message]);
  }
  if (shared.length > 0) {
    const message = `no CPUs of their own, is the kubelet's CPU manager static? ${shared.join(', ')}`;
    return finding('NumaAligned', false, ['SharedCpus', message]);
  }
  if (pinned === 0)
    return finding('NumaAligned', undefined, ['NobodyReports', 'no worker reports']);
  const message = `each of ${aligned} workers has CPUs and memory of one NUMA node`;
  const holds = aligned === pinned ? true : undefined;
  return finding('NumaAligned', holds, ['Aligned', message]);
}

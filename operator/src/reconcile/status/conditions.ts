import type { Condition } from '../../api/status.ts';
import type { Observation } from '../step.ts';

/** A condition before it is compared with the last one. */
export type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** The numbers that conditions speak of. */
export interface Counts {
  readonly desired: number;
  readonly ready: number;
  readonly running: number;
  readonly draining: number;
  readonly maxLoad: number;
}

type Say = readonly [reason: string, message: string];

export function findings(observation: Observation, counts: Counts): Finding[] {
  return [
    accepted(observation),
    ready(counts),
    available(counts),
    progressing(counts),
    controlPlaneConnected(observation),
    numaAligned(observation),
    balanced(observation, counts),
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

function ready({ desired, ready }: Counts): Finding {
  const message = `${ready} of ${desired} workers are ready`;
  return finding('Ready', ready === desired, ['AllReady', message], ['NotAllReady', message]);
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

function progressing({ desired, running, ready, draining }: Counts): Finding {
  const message = `${running - Math.min(running, ready)} start, ${draining} drain`;
  const isMoving = running !== desired || ready < running || draining > 0;
  return finding('Progressing', isMoving, ['Scaling', message], ['Settled', 'nothing changes']);
}

function controlPlaneConnected({ isBusConnected }: Observation): Finding {
  return finding(
    'ControlPlaneConnected',
    isBusConnected,
    ['Connected', 'NATS answers'],
    ['NatsUnreachable', 'NATS_UNREACHABLE: media goes on with what workers know'],
  );
}

function numaAligned({ resource, sightings }: Observation): Finding {
  const pinned = [...sightings.values()].filter(({ report }) => report.cpus.length > 0);
  if (resource.spec.worker.pinning === 'None' || pinned.length === 0) {
    return finding('NumaAligned', undefined, ['NotPinned', 'no worker is pinned']);
  }
  const astray = pinned.filter(({ report }) => report.numaNode < 0).map(({ id }) => id);
  return finding(
    'NumaAligned',
    astray.length === 0,
    ['Aligned', 'each worker is pinned to CPUs of one NUMA node'],
    ['Astray', `CPUs of several NUMA nodes: ${astray.join(', ')}`],
  );
}

function balanced({ resource }: Observation, { maxLoad }: Counts): Finding {
  const message = `highest load over mean load is ${maxLoad.toFixed(2)}`;
  const isBalanced = maxLoad <= resource.spec.rebalance.maxImbalance;
  return finding('Balanced', isBalanced, ['Even', message], ['Uneven', message]);
}

import type { Change } from './balance.ts';

/** A stream's home goes elsewhere. */
export interface MoveDecision {
  readonly kind: 'Move';
  readonly stream: string;
  readonly from: string;
  readonly to: string;
  readonly why: 'WorkerTooBusy';
  /** Load above which a worker is too busy. */
  readonly bound: number;
  readonly fromLoad: Change;
  readonly toLoad: Change;
}

export type ReplicasReason =
  | 'HotByLoad' // more load than one worker should have of one stream
  | 'HotByRelays' // more relays than the servers may feed
  | 'ServerTooBusy' // who came stays there, newcomers should find another
  | 'ReplicaGone' // dead or draining
  | 'CooledDown'; // fewer have been enough for a while

/** A stream is served by more workers, or by fewer. */
export interface ReplicasDecision {
  readonly kind: 'Replicas';
  readonly stream: string;
  readonly home: string;
  /** In the order of the relay tree. */
  readonly replicas: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly why: ReplicasReason;
  /** Of the stream, where it is served. */
  readonly load: number;
  readonly meanLoad: number;
  readonly relays: number;
  /** Servers, the home among them. */
  readonly servers: Change;
  /** Load of the busiest worker of all. */
  readonly maxLoad: Change;
}

/** New connections do not reach a worker for a while, or do again. */
export interface AcceptingDecision {
  readonly kind: 'Accepting';
  readonly worker: string;
  readonly accepts: boolean;
  readonly why: 'AboveMean' | 'OthersAreBusier' | 'Level';
  readonly load: number;
  readonly meanLoad: number;
}

export type Decision = MoveDecision | ReplicasDecision | AcceptingDecision;

/** For people, without the name of who or what it is about. */
export function decisionText(decision: Decision): string {
  switch (decision.kind) {
    case 'Move':
      return moveText(decision);
    case 'Replicas':
      return replicasText(decision);
    case 'Accepting':
      return acceptingText(decision);
  }
}

function moveText({ from, to, bound, fromLoad, toLoad }: MoveDecision): string {
  return (
    `home from ${from} (load ${change(fromLoad)}, above the bound of ${percent(bound)}) ` +
    `to ${to} (load ${change(toLoad)})`
  );
}

function replicasText(decision: ReplicasDecision): string {
  const { servers, added, removed, maxLoad } = decision;
  return (
    `served by ${servers.after} workers instead of ${servers.before}: ${whyReplicas(decision)}` +
    (added.length > 0 ? `; added ${some(added)}` : '') +
    (removed.length > 0 ? `; removed ${some(removed)}` : '') +
    `; busiest worker ${change(maxLoad)}`
  );
}

function whyReplicas({ why, load, meanLoad, relays }: ReplicasDecision): string {
  switch (why) {
    case 'HotByLoad':
      return `its load is ${percent(load)}, the mean worker's ${percent(meanLoad)}`;
    case 'HotByRelays':
      return `${relays} workers pull it`;
    case 'ServerTooBusy':
      return 'newcomers find one that is less busy';
    case 'ReplicaGone':
      return 'a replica is gone or drains';
    case 'CooledDown':
      return `its load is ${percent(load)} and ${relays} workers pull it, for a while now`;
  }
}

function acceptingText({ accepts, why, load, meanLoad }: AcceptingDecision): string {
  const loads = `load ${percent(load)}, mean ${percent(meanLoad)}`;
  if (!accepts) return `takes no new connections for now: ${loads}`;
  const because = why === 'Level' ? 'workers are level' : 'others are busier';
  return `takes new connections again: ${because}; ${loads}`;
}

const NAMED = 3;

function some(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${more}`;
}

function change({ before, after }: Change): string {
  return `${percent(before)} to ${percent(after)}`;
}

/** Of a CPU. */
function percent(load: number): string {
  return `${(load * 100).toFixed(load < 0.1 ? 1 : 0)} %`;
}

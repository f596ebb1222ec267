import { decisionText, type CyclePlan, type Decision } from '@streamcluster/placement';
import { ServeOutcome, type DirectoryEntry, type ServeRequest } from '@streamcluster/proto';

export const CHANGE_KINDS = ['Move', 'Split', 'Merge'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** How the ingest worker's answers are called. */
const OUTCOMES = {
  [ServeOutcome.SERVE_OUTCOME_DONE]: 'Done',
  [ServeOutcome.SERVE_OUTCOME_UNCHANGED]: 'Unchanged',
  [ServeOutcome.SERVE_OUTCOME_NOT_INGEST]: 'NotIngest',
  [ServeOutcome.SERVE_OUTCOME_NEWER_EPOCH]: 'NewerEpoch',
  [ServeOutcome.SERVE_OUTCOME_TARGET_NOT_READY]: 'TargetNotReady',
  [ServeOutcome.SERVE_OUTCOME_BUSY]: 'Busy',
  [ServeOutcome.SERVE_OUTCOME_DIRECTORY_UNAVAILABLE]: 'DirectoryUnavailable',
  [ServeOutcome.SERVE_OUTCOME_INVALID]: 'Invalid',
} as const;

export type ChangeOutcome =
  | (typeof OUTCOMES)[keyof typeof OUTCOMES]
  | 'Planned' // nobody was asked yet
  | 'Running'
  | 'Unreachable' // the ingest worker did not answer: nothing changed, or not known
  | 'TooLate'; // so many were before it that it was decided too long ago

/** Who shall serve a stream from now on. */
export interface Change {
  readonly kind: ChangeKind;
  readonly stream: string;
  /** As it was decided on: an older one changes nothing. */
  readonly entry: DirectoryEntry;
  readonly home: string;
  readonly replicas: readonly string[];
  /** For people. */
  readonly why: string;
  outcome: ChangeOutcome;
}

/** What a plan does to streams, in its order. */
export function changesOf(
  { decisions }: CyclePlan,
  directory: ReadonlyMap<string, DirectoryEntry>,
): Change[] {
  return decisions
    .map((decision) => changeOf(decision, directory))
    .filter((change) => change !== undefined);
}

export function isDone({ outcome }: Change): boolean {
  return outcome === 'Done' || outcome === 'Unchanged';
}

export function serveRequest({ stream, entry, home, replicas, kind }: Change): ServeRequest {
  const reason = kind === 'Move' ? 'Rebalance' : kind;
  return { stream, epoch: BigInt(entry.epoch), home, replicas: [...replicas], reason };
}

/** Of a newer worker, an outcome may not be known. */
export function outcomeOf(outcome: ServeOutcome): ChangeOutcome {
  return outcome in OUTCOMES ? OUTCOMES[outcome as keyof typeof OUTCOMES] : 'Invalid';
}

function changeOf(
  decision: Decision,
  directory: ReadonlyMap<string, DirectoryEntry>,
): Change | undefined {
  if (decision.kind === 'Accepting') return undefined;
  const { stream } = decision;
  const entry = directory.get(stream);
  if (entry === undefined) return undefined;
  const base = { stream, entry, why: decisionText(decision), outcome: 'Planned' } as const;
  if (decision.kind === 'Move') {
    return { ...base, kind: 'Move', home: decision.to, replicas: entry.replicas };
  }
  const { home, replicas, added } = decision;
  return { ...base, kind: added.length > 0 ? 'Split' : 'Merge', home, replicas };
}

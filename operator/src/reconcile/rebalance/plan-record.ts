import type { AcceptingDecision, Balance, CyclePlan, CycleReason } from '@streamcluster/placement';
import type { DirectoryEntry } from '@streamcluster/proto';
import { CHANGE_KINDS, changesOf, type Change, type ChangeKind } from './change.ts';

/** What one cycle decided, and what became of it. */
export interface PlanRecord {
  /** By which it can be approved. */
  readonly id: string;
  readonly unixMs: number;
  readonly reason: CycleReason;
  readonly before: Balance;
  /** Expected, once all is done that is done at once. */
  readonly after: Balance;
  readonly changes: readonly Change[];
  /** Who takes new connections from now on, or does no more. */
  readonly accepting: readonly AcceptingDecision[];
  /** Newcomers are kept from somebody from now on, or from nobody any more. Who it is
   * changes with each cycle meanwhile. */
  readonly steering: 'Begins' | 'Ends' | undefined;
}

export interface PlanRecordRequest extends Pick<PlanRecord, 'id' | 'unixMs'> {
  readonly plan: CyclePlan;
  readonly directory: ReadonlyMap<string, DirectoryEntry>;
  /** Newcomers are kept from somebody already. */
  readonly isSteering: boolean;
}

export function planRecord(request: PlanRecordRequest): PlanRecord {
  const { plan, directory, id, unixMs, isSteering } = request;
  const { reason, before, after, decisions, closed } = plan;
  const willSteer = closed.length > 0;
  return {
    ...{ id, unixMs, reason, before, after, changes: changesOf(plan, directory) },
    accepting: decisions.filter((one) => one.kind === 'Accepting'),
    steering: willSteer === isSteering ? undefined : willSteer ? 'Begins' : 'Ends',
  };
}

/** Whether there is anything to tell of. */
export function doesSomething({ changes, steering }: PlanRecord): boolean {
  return changes.length > 0 || steering !== undefined;
}

const REASONS: Readonly<Record<CycleReason, string>> = {
  Planned: 'what is planned brings the busiest worker within bounds',
  OutOfBudget: 'more homes would have to move than may at once (spec.rebalance.maxMovesPercent)',
  NothingMoreHelps:
    'no home of the busiest worker fits elsewhere; viewers who stay connected do not move',
  Balanced: 'the busiest worker is within bounds',
  Idle: 'there is so little load that who is busiest says nothing',
  TooFewWorkers: 'fewer than two workers take part',
  TooManySilent: 'too many workers are silent at once: the bus is ill, not the workers',
  OneReportOnly: 'the busiest worker is above the bound by its last report only',
  NoGain: 'moves made nothing better lately, so homes rest for a while',
};

/** For people. */
export function reasonText(reason: CycleReason): string {
  return REASONS[reason];
}

const NOUNS: Readonly<Record<ChangeKind, readonly [one: string, many: string]>> = {
  Move: ['home moved', 'homes moved'],
  Split: ['stream split', 'streams split'],
  Merge: ['stream merged', 'streams merged'],
};

/** `2 homes moved, 1 stream split`; empty where there are none. */
export function countsText(changes: readonly Change[]): string {
  const parts = CHANGE_KINDS.flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    const [one, many] = NOUNS[kind];
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return parts.join(', ');
}

import type { AuthorityState } from './authority-state.ts';
import { issuedMs, notAfterMs } from './certificate.ts';
import { makeAuthority } from './issue.ts';

export interface AuthorityTimes {
  readonly caLifetimeMs: number;
  readonly leafLifetimeMs: number;
  /** How long all workers have what a phase of a rotation wants before the next phase. */
  readonly overlapMs: number;
}

export type AuthorityChange = 'introduced' | 'switched' | 'dropped' | 'settled' | 'unsettled';

export interface AuthorityStep {
  readonly change: AuthorityChange;
  readonly state: AuthorityState;
}

export interface StepInput {
  readonly nowMs: number;
  /** Undefined: this operator does not know. */
  readonly areLeavesCurrent: boolean | undefined;
  readonly times: AuthorityTimes;
}

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;

export const AUTHORITY_TIMES: AuthorityTimes = {
  caLifetimeMs: 365 * DAY_MS,
  leafLifetimeMs: 30 * DAY_MS,
  overlapMs: HOUR_MS,
};

const ROTATE_AT_SHARE = 2 / 3;
/** From here on a rotation waits for no worker. */
const FORCE_AT_SHARE = 5 / 6;

/** The one thing that is due, or undefined. */
export async function nextStep(
  state: AuthorityState,
  input: StepInput,
): Promise<AuthorityStep | undefined> {
  const { next, previous } = state;
  if (next === undefined && hasLived(state, ROTATE_AT_SHARE, input.nowMs)) {
    return { change: 'introduced', state: await introduced(state, input) };
  }
  if (next === undefined && previous === undefined) return undefined;
  if (isForced(state, input) || isSettled(state, input)) return moved(state);
  return settling(state, input);
}

export async function introduced(
  state: Omit<AuthorityState, 'next' | 'settledMs'>,
  { nowMs, times }: StepInput,
): Promise<AuthorityState> {
  const next = await makeAuthority(nowMs, times.caLifetimeMs);
  return { current: state.current, next, previous: state.previous, settledMs: undefined };
}

function moved({ current, next }: AuthorityState): AuthorityStep {
  const rest = { next: undefined, settledMs: undefined };
  if (next === undefined) {
    return { change: 'dropped', state: { ...rest, current, previous: undefined } };
  }
  return { change: 'switched', state: { ...rest, current: next, previous: current.certificate } };
}

function settling(state: AuthorityState, input: StepInput): AuthorityStep | undefined {
  const { areLeavesCurrent, nowMs } = input;
  const { settledMs } = state;
  // A time to come is of a clock that has been set back since.
  const isSince = settledMs !== undefined && settledMs <= nowMs;
  if (areLeavesCurrent === true && !isSince) {
    return { change: 'settled', state: { ...state, settledMs: nowMs } };
  }
  if (areLeavesCurrent === false && settledMs !== undefined) {
    return { change: 'unsettled', state: { ...state, settledMs: undefined } };
  }
  return undefined;
}

function isSettled({ settledMs }: AuthorityState, input: StepInput): boolean {
  const { areLeavesCurrent, nowMs, times } = input;
  return (
    areLeavesCurrent === true && settledMs !== undefined && nowMs - settledMs >= times.overlapMs
  );
}

/** A worker whose Secret cannot be written must not keep all others until the CA is over. */
function isForced(state: AuthorityState, { nowMs, times }: StepInput): boolean {
  const { next } = state;
  if (next === undefined || !hasLived(state, FORCE_AT_SHARE, nowMs)) return false;
  return nowMs - issuedMs(next.certificate) >= times.overlapMs;
}

function hasLived({ current }: AuthorityState, share: number, nowMs: number): boolean {
  const bornMs = issuedMs(current.certificate);
  return nowMs >= bornMs + (notAfterMs(current.certificate) - bornMs) * share;
}

import type { Balance } from './balance.ts';

/** What one cycle leaves to the next. Empty when a process begins to lead. */
export interface CycleState {
  /** When streams were last moved, split or merged, while that counts. */
  readonly touchedAtMs: ReadonlyMap<string, number>;
  /** Since when streams have replicas that they would not miss. */
  readonly excessSinceMs: ReadonlyMap<string, number>;
  /** Highest load over mean load when the last cycle moved something. */
  readonly movedAt: number | undefined;
  /** Cycles in a row whose moves made nothing better. */
  readonly withoutGain: number;
  /** Nothing moves before. */
  readonly restsUntilMs: number;
  /** How many workers took part; moves that were in vain say little of others. */
  readonly workers: number;
}

export const FIRST_CYCLE: CycleState = {
  touchedAtMs: new Map(),
  excessSinceMs: new Map(),
  movedAt: undefined,
  withoutGain: 0,
  restsUntilMs: -Infinity,
  workers: 0,
};

/** A stream that was touched is left alone for so long; only splitting goes on. */
export const COOL_DOWN_MS = 60_000;
/** A stream keeps replicas that it would not miss for so long. */
export const MERGE_AFTER_MS = 120_000;

const MIN_GAIN = 0.005;
const MAX_CYCLES_WITHOUT_GAIN = 3;
const REST_MS = 300_000;

/** Judges what the last cycle's moves were good for, and forgets what is old. */
export function beginCycle(
  state: CycleState,
  { balance, workers }: { readonly balance: Balance; readonly workers: number },
  nowMs: number,
): CycleState {
  const touched = [...state.touchedAtMs].filter(([, atMs]) => nowMs - atMs < COOL_DOWN_MS);
  const next = { ...state, touchedAtMs: new Map(touched), movedAt: undefined, workers };
  if (workers !== state.workers) return { ...next, withoutGain: 0, restsUntilMs: -Infinity };
  if (state.movedAt === undefined) return next;
  const isGain = balance.maxOverMean < state.movedAt - MIN_GAIN;
  const withoutGain = isGain ? 0 : state.withoutGain + 1;
  if (withoutGain < MAX_CYCLES_WITHOUT_GAIN) return { ...next, withoutGain };
  return { ...next, withoutGain: 0, restsUntilMs: nowMs + REST_MS };
}

export function isCoolingDown({ touchedAtMs }: CycleState, stream: string): boolean {
  return touchedAtMs.has(stream);
}

export function hasExcessForLong(state: CycleState, stream: string, nowMs: number): boolean {
  const sinceMs = state.excessSinceMs.get(stream);
  return sinceMs !== undefined && nowMs - sinceMs >= MERGE_AFTER_MS;
}

/** What was decided, and which streams have replicas that they would not miss. */
export function endCycle(
  state: CycleState,
  done: {
    readonly touched: readonly string[];
    readonly withExcess: readonly string[];
    /** Undefined: no home moved. */
    readonly movedAt: number | undefined;
  },
  nowMs: number,
): CycleState {
  const { touched, withExcess, movedAt } = done;
  const excess = withExcess.map(
    (stream) => [stream, state.excessSinceMs.get(stream) ?? nowMs] as const,
  );
  return {
    ...state,
    touchedAtMs: new Map([
      ...state.touchedAtMs,
      ...touched.map((stream) => [stream, nowMs] as const),
    ]),
    excessSinceMs: new Map(excess),
    movedAt,
  };
}

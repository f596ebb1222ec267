const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** Who ran for this long is as if it had never failed. */
const STABLE_MS = 60_000;

interface Failures {
  readonly count: number;
  readonly dueMs: number;
}

/**
 * When a worker that ended may start again: at once the first time, because
 * viewers wait, then later each time.
 */
export class BackOff {
  private readonly failures = new Map<number, Failures>();

  /** Returns the delay. */
  note(slot: number, ranMs: number, nowMs: number): number {
    const before = ranMs >= STABLE_MS ? 0 : (this.failures.get(slot)?.count ?? 0);
    const delayMs = before === 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (before - 1));
    this.failures.set(slot, { count: before + 1, dueMs: nowMs + delayMs });
    return delayMs;
  }

  /** 0 when it is due. */
  waitMs(slot: number, nowMs: number): number {
    return Math.max(0, (this.failures.get(slot)?.dueMs ?? 0) - nowMs);
  }
}

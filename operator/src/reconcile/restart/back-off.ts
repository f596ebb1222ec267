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
  private readonly failures = new Map<string, Failures>();

  /** Returns the delay. */
  note(name: string, ranMs: number, nowMs: number): number {
    const before = ranMs >= STABLE_MS ? 0 : (this.failures.get(name)?.count ?? 0);
    const delayMs = before === 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (before - 1));
    this.failures.set(name, { count: before + 1, dueMs: nowMs + delayMs });
    return delayMs;
  }

  /** 0 when it is due. */
  waitMs(name: string, nowMs: number): number {
    return Math.max(0, (this.failures.get(name)?.dueMs ?? 0) - nowMs);
  }
}

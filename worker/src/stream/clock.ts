/** A timer that was set; clearing one that fired is harmless. */
export interface Timer {
  clear(): void;
}

/** The only way to time in stream/ and cluster/, so that both can be simulated. */
export interface Clock {
  /** Monotonic, from an arbitrary start. */
  nowMs(): number;
  /** Wall clock, since 1970. */
  unixMs(): number;
  /** Calls back once. Timers alone do not keep the process running. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  unixMs: () => Date.now(),
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, delayMs);
    handle.unref();
    return { clear: () => clearTimeout(handle) };
  },
};

interface ManualTimer extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  private elapsedMs = 0;
  private readonly startUnixMs: number;
  private readonly timers = new Set<ManualTimer>();

  constructor(startUnixMs = 1_800_000_000_000) {
    this.startUnixMs = startUnixMs;
  }

  nowMs(): number {
    return this.elapsedMs;
  }

  unixMs(): number {
    return this.startUnixMs + this.elapsedMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: ManualTimer = {
      dueMs: this.elapsedMs + Math.max(0, delayMs),
      callback,
      clear: () => void this.timers.delete(timer),
    };
    this.timers.add(timer);
    return timer;
  }

  /** Runs what is due on the way, in order of time, then in order of setting. */
  advance(byMs: number): void {
    const untilMs = this.elapsedMs + byMs;
    for (let timer = this.next(untilMs); timer !== undefined; timer = this.next(untilMs)) {
      this.timers.delete(timer);
      this.elapsedMs = Math.max(this.elapsedMs, timer.dueMs);
      timer.callback();
    }
    this.elapsedMs = untilMs;
  }

  private next(untilMs: number): ManualTimer | undefined {
    let first: ManualTimer | undefined;
    for (const timer of this.timers) {
      if (timer.dueMs <= untilMs && (first === undefined || timer.dueMs < first.dueMs)) {
        first = timer;
      }
    }
    return first;
  }
}

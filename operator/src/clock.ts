/** A timer that was set; clearing one that fired is harmless. */
export interface Timer {
  clear(): void;
}

/** How reconcile, fleet and place see time, so that tests can hold it. */
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

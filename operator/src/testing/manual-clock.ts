import type { Clock, Timer } from '../clock.ts';

interface ManualTimer extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  private elapsedMs = 0;
  private readonly timers = new Set<ManualTimer>();

  nowMs(): number {
    return this.elapsedMs;
  }

  unixMs(): number {
    return 1_800_000_000_000 + this.elapsedMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: ManualTimer = {
      dueMs: this.elapsedMs + delayMs,
      callback,
      clear: () => void this.timers.delete(timer),
    };
    this.timers.add(timer);
    return timer;
  }

  /** Runs what is due on the way, in order of time; asynchronous work follows each. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.elapsedMs + byMs;
    await settle();
    for (let timer = this.next(untilMs); timer !== undefined; timer = this.next(untilMs)) {
      this.timers.delete(timer);
      this.elapsedMs = Math.max(this.elapsedMs, timer.dueMs);
      timer.callback();
      await settle();
    }
    this.elapsedMs = untilMs;
  }

  private next(untilMs: number): ManualTimer | undefined {
    const due = [...this.timers].filter(({ dueMs }) => dueMs <= untilMs);
    return due.sort((a, b) => a.dueMs - b.dueMs)[0];
  }
}

/** Lets promises that depend on nothing outside run to their end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i += 1) await Promise.resolve();
}

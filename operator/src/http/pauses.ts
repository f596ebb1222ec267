import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** How long work may hold the loop before others get it. */
const HOLD_MS = 1;

/**
 * Long work in pieces: lets others have the loop, and knows how long it was held at a time.
 * Operator and worker have one each: neither imports the other, and it is no part of their
 * contract.
 */
export class Pauses {
  private sinceMs = performance.now();
  private sinceSwitches = switches();
  private longestMs = 0;
  private longestOwnMs = 0;

  /** It is time for take(). */
  get areDue(): boolean {
    return performance.now() - this.sinceMs > HOLD_MS;
  }

  /** Resolves when others had their turn. */
  async take(): Promise<void> {
    this.note();
    await setImmediate();
    this.sinceMs = performance.now();
    this.sinceSwitches = switches();
  }

  /**
   * The longest piece until now, as a header of an answer (W3C Server Timing). `own`: of
   * those in which the kernel let no other process run in between.
   */
  serverTiming(): string {
    this.note();
    return `held;dur=${this.longestMs.toFixed(3)}, own;dur=${this.longestOwnMs.toFixed(3)}`;
  }

  private note(): void {
    const ms = performance.now() - this.sinceMs;
    this.longestMs = Math.max(this.longestMs, ms);
    if (switches() === this.sinceSwitches) this.longestOwnMs = Math.max(this.longestOwnMs, ms);
  }
}

function switches(): number {
  return process.resourceUsage().involuntaryContextSwitches;
}

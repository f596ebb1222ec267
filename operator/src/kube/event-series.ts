import type { Clock } from '../clock.ts';

/** An Event that stands, and how often it happened. */
export interface EventSeries {
  readonly name: string;
  readonly count: number;
  readonly lastMs: number;
}

/** Same things within this time are one Event. */
const SAME_MS = 10 * 60_000;
const MAX_SERIES = 4_096;

/** What was told lately; the oldest is forgotten first. */
export class EventSeriesCache {
  private readonly clock: Clock;
  private readonly series = new Map<string, EventSeries>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Undefined: it is new, or long ago. */
  find(key: string): EventSeries | undefined {
    const found = this.series.get(key);
    if (found === undefined || this.clock.nowMs() - found.lastMs > SAME_MS) return undefined;
    return found;
  }

  note(key: string, name: string, count: number): void {
    this.series.delete(key);
    this.series.set(key, { name, count, lastMs: this.clock.nowMs() });
    const [oldest] = this.series.keys();
    if (this.series.size > MAX_SERIES && oldest !== undefined) this.series.delete(oldest);
  }
}

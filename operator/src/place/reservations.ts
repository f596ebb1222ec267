import type { Clock } from '../clock.ts';

/** Two reports later the worker's own figures know of the stream. */
const RESERVED_MS = 5_000;

/** Streams placed so lately that load reports do not show them. */
export class Reservations {
  private readonly clock: Clock;
  /** Times of placement by worker, oldest first. */
  private readonly placedAtMs = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(worker: string): void {
    const times = this.placedAtMs.get(worker);
    if (times === undefined) this.placedAtMs.set(worker, [this.clock.nowMs()]);
    else times.push(this.clock.nowMs());
  }

  count(worker: string): number {
    const times = this.placedAtMs.get(worker);
    if (times === undefined) return 0;
    const firstKept = times.findIndex((atMs) => this.clock.nowMs() - atMs < RESERVED_MS);
    if (firstKept < 0) this.placedAtMs.delete(worker);
    else times.splice(0, firstKept);
    return firstKept < 0 ? 0 : times.length;
  }
}

/** Two reports later the worker's own figures know of the stream. */
const RESERVED_MS = 5_000;

/** Streams placed so lately that load reports do not show them. */
export class Reservations {
  /** Times of placement by worker, oldest first. */
  private readonly placedAtMs = new Map<string, number[]>();

  add(worker: string, nowMs: number): void {
    const times = this.placedAtMs.get(worker);
    if (times === undefined) this.placedAtMs.set(worker, [nowMs]);
    else times.push(nowMs);
  }

  count(worker: string, nowMs: number): number {
    const times = this.placedAtMs.get(worker);
    if (times === undefined) return 0;
    const firstKept = times.findIndex((atMs) => nowMs - atMs < RESERVED_MS);
    if (firstKept < 0) this.placedAtMs.delete(worker);
    else times.splice(0, firstKept);
    return firstKept < 0 ? 0 : times.length;
  }
}

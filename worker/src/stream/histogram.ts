/** Counts of values by fixed upper bounds, as Prometheus has them; observing allocates
 * nothing. */
export class Histogram {
  /** Ascending; what is above the last one is counted beyond it. */
  readonly bounds: readonly number[];
  /** One more than bounds. Only grows. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? Infinity)) at += 1;
    counts[at] = (counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

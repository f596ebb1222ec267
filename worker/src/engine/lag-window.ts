/** How long something took, between two looks. */
export interface LagLook {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** As long as the longest, in whole milliseconds; at most the last bucket. */
  readonly maxMs: number;
}

/**
 * What happened since the last look, out of counts that only grow (EngineLags).
 * Whoever looks has a window of its own, so that nobody takes from another.
 */
export class LagWindow {
  private readonly counts: Float64Array;
  private readonly before: Float64Array;
  private readonly now: Float64Array;

  constructor(counts: Float64Array) {
    this.counts = counts;
    this.before = Float64Array.from(counts);
    this.now = new Float64Array(counts.length);
  }

  look(): LagLook {
    const { before, now, counts } = this;
    let count = 0;
    for (let ms = 0; ms < counts.length; ms += 1) {
      const total = counts[ms] ?? 0;
      now[ms] = total - (before[ms] ?? 0);
      before[ms] = total;
      count += now[ms] ?? 0;
    }
    return {
      count,
      p50Ms: largestWithout(now, count / 2),
      p99Ms: largestWithout(now, count / 100),
      maxMs: largestWithout(now, 0),
    };
  }
}

/** The largest value once so many of the largest are left out. */
function largestWithout(counts: Float64Array, leftOut: number): number {
  let seen = 0;
  for (let ms = counts.length - 1; ms >= 0; ms -= 1) {
    seen += counts[ms] ?? 0;
    if (seen > leftOut) return ms;
  }
  return 0;
}

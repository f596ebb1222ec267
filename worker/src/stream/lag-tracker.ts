const SAMPLES = 64;

/**
 * Finds the position that lies a given time behind the head of a log, from
 * samples taken at most every fraction of that time: no work for most frames.
 */
export class LagTracker {
  private readonly positions = new Float64Array(SAMPLES);
  private readonly times = new Float64Array(SAMPLES);
  private first = 0;
  private count = 0;

  /** True when a frame at dtsMs is due to be sampled. */
  isDue(dtsMs: number, lagMs: number): boolean {
    if (this.count === 0) return true;
    const newest = this.times[(this.first + this.count - 1) % SAMPLES] ?? 0;
    return Math.abs(dtsMs - newest) >= lagMs / (SAMPLES / 2);
  }

  /** Takes a sample of the head and returns the position lagMs behind it. */
  sample(position: number, dtsMs: number, lagMs: number): number {
    if (this.count === SAMPLES) this.dropOldest();
    const at = (this.first + this.count) % SAMPLES;
    this.positions[at] = position;
    this.times[at] = dtsMs;
    this.count += 1;
    while (this.count > 1 && (this.times[(this.first + 1) % SAMPLES] ?? 0) <= dtsMs - lagMs) {
      this.dropOldest();
    }
    const isFar = (this.times[this.first] ?? 0) <= dtsMs - lagMs;
    return isFar ? (this.positions[this.first] ?? 0) : 0;
  }

  private dropOldest(): void {
    this.first = (this.first + 1) % SAMPLES;
    this.count -= 1;
  }
}

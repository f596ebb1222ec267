import type { Clock } from '../clock.ts';

export interface TokenBucketOptions {
  readonly perSecond: number;
  readonly burst: number;
  readonly clock: Clock;
}

/** So many at once, and then so many a second. */
export class TokenBucket {
  private readonly options: TokenBucketOptions;
  private tokens: number;
  private filledAtMs: number;

  constructor(options: TokenBucketOptions) {
    this.options = options;
    this.tokens = options.burst;
    this.filledAtMs = options.clock.nowMs();
  }

  tryTake(): boolean {
    this.fill();
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Until there is one. */
  waitMs(): number {
    this.fill();
    // Never 0 while there is none: who waits would spin.
    return this.tokens >= 1 ? 0 : Math.max(1, ((1 - this.tokens) / this.options.perSecond) * 1_000);
  }

  private fill(): void {
    const { clock, perSecond, burst } = this.options;
    const nowMs = clock.nowMs();
    this.tokens = Math.min(burst, this.tokens + ((nowMs - this.filledAtMs) / 1_000) * perSecond);
    this.filledAtMs = nowMs;
  }
}

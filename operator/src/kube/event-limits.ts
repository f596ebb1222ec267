import type { Clock } from '../clock.ts';
import { TokenBucket } from './token-bucket.ts';

const BURST = 25;
const PER_SECOND = 1 / 300;
const MAX_KEYS = 4_096;

/** How much may be said of one object for one reason: as client-go of an object, 25 at once,
 * then one in five minutes. */
export class EventLimits {
  private readonly clock: Clock;
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  tryTake(key: string): boolean {
    const bucket = this.buckets.get(key) ?? this.add(key);
    return bucket.tryTake();
  }

  private add(key: string): TokenBucket {
    const [oldest] = this.buckets.keys();
    if (this.buckets.size >= MAX_KEYS && oldest !== undefined) this.buckets.delete(oldest);
    const bucket = new TokenBucket({ burst: BURST, perSecond: PER_SECOND, clock: this.clock });
    this.buckets.set(key, bucket);
    return bucket;
  }
}

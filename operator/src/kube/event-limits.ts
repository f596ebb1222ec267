import type { Clock } from '../clock.ts';
import { TokenBucket } from './token-bucket.ts';

const BURST = 25;
const PER_SECOND = 1 / 300;
const MAX_OBJECTS = 4_096;

/** How much may be said of one object: as client-go, 25 at once, then one in five minutes. */
export class EventLimits {
  private readonly clock: Clock;
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  tryTake(object: string): boolean {
    const bucket = this.buckets.get(object) ?? this.add(object);
    return bucket.tryTake();
  }

  private add(object: string): TokenBucket {
    const [oldest] = this.buckets.keys();
    if (this.buckets.size >= MAX_OBJECTS && oldest !== undefined) this.buckets.delete(oldest);
    const bucket = new TokenBucket({ burst: BURST, perSecond: PER_SECOND, clock: this.clock });
    this.buckets.set(object, bucket);
    return bucket;
  }
}

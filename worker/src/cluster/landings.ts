import { LANDED_WINDOW_MS } from '@streamcluster/placement';
import type { Clock } from '../stream/clock.ts';

const BUCKETS = 5;
const BUCKET_MS = LANDED_WINDOW_MS / BUCKETS;

/** One stream's, by time; places are used again. */
interface Counts {
  readonly byBucket: number[];
  lastBucket: number;
}

/** How many viewers of a stream landed here lately, whoever serves them. */
export class Landings {
  private readonly clock: Clock;
  private readonly streams = new Map<string, Counts>();
  private sweptBucket = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  note(streamKey: string): void {
    const bucket = this.bucket();
    this.sweep(bucket);
    const counts = this.streams.get(streamKey) ?? { byBucket: empty(), lastBucket: bucket };
    this.streams.set(streamKey, counts);
    for (let at = counts.lastBucket + 1; at <= bucket; at += 1) counts.byBucket[at % BUCKETS] = 0;
    counts.lastBucket = bucket;
    counts.byBucket[bucket % BUCKETS] = (counts.byBucket[bucket % BUCKETS] ?? 0) + 1;
  }

  /** In the last LANDED_WINDOW_MS, roughly. */
  count(streamKey: string): number {
    const counts = this.streams.get(streamKey);
    if (counts === undefined || this.bucket() - counts.lastBucket >= BUCKETS) return 0;
    return counts.byBucket.reduce((sum, count) => sum + count, 0);
  }

  private bucket(): number {
    return Math.floor(this.clock.nowMs() / BUCKET_MS);
  }

  /** Streams that nobody lands for are forgotten. */
  private sweep(bucket: number): void {
    if (bucket - this.sweptBucket < BUCKETS) return;
    this.sweptBucket = bucket;
    for (const [key, { lastBucket }] of this.streams) {
      if (bucket - lastBucket >= BUCKETS) this.streams.delete(key);
    }
  }
}

function empty(): number[] {
  return new Array<number>(BUCKETS).fill(0);
}

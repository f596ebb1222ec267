import { workerLoad } from '@streamcluster/placement';
import type { Clock } from '../stream/clock.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Claims } from './claims.ts';

interface OwnLoadOptions {
  readonly self: string;
  readonly streams: Pick<StreamRegistry, 'list'>;
  readonly claims: Pick<Claims, 'get'>;
  readonly clock: Clock;
}

/** Crowds ask often. */
const LOOK_MS = 250;
/** Viewers of streams that are not listed: all are. */
const NONE: Readonly<Record<string, number>> = {};

/**
 * Share of a CPU that this worker's streams and viewers take, by weight, as of now. Of
 * others the last report has to do; one's own is up to two seconds old, in which a
 * crowd may come or go.
 */
export class OwnLoad {
  private readonly options: OwnLoadOptions;
  private seen = 0;
  private lookedAtMs = -Infinity;

  constructor(options: OwnLoadOptions) {
    this.options = options;
  }

  now(): number {
    const { self, streams, claims, clock } = this.options;
    const nowMs = clock.nowMs();
    if (nowMs - this.lookedAtMs < LOOK_MS) return this.seen;
    this.lookedAtMs = nowMs;
    const here = streams.list().filter(({ state }) => state !== 'ended' && state !== 'idle');
    const parts = here.map((stream) => ({
      stream: stream.name.key,
      bitsPerSecond: stream.bitsPerSecond,
      viewers: stream.viewerCounts(),
      encrypted: stream.encryptedViewerCounts(),
      isIngest: claims.get(stream.name.key) !== undefined,
    }));
    this.seen = workerLoad({ id: self, streams: parts, viewersByProtocol: NONE });
    return this.seen;
  }
}

import type { BannedVisitor } from '@streamcluster/proto';
import type { Clock } from '../clock.ts';

/** When there are more, those go that came first; workers keep as many. */
const MAX_BANS = 10_000;

/**
 * Who is refused for a time. Every worker is told when it happens; this is for those that
 * come later, and for those that did not hear.
 */
export class Bans {
  /** Workers that did not hear of one. */
  readonly missed = new Set<string>();
  private readonly clock: Pick<Clock, 'unixMs'>;
  private readonly bans = new Map<string, BannedVisitor>();

  constructor(clock: Pick<Clock, 'unixMs'>) {
    this.clock = clock;
  }

  add(ban: BannedVisitor): void {
    const { address, userAgent, subject } = ban;
    const key = JSON.stringify([address, userAgent, subject]);
    this.bans.delete(key);
    this.bans.set(key, ban);
    const [oldest] = this.bans.keys();
    if (this.bans.size > MAX_BANS && oldest !== undefined) this.bans.delete(oldest);
  }

  /** Those that are not over. */
  list(): BannedVisitor[] {
    const now = BigInt(Math.round(this.clock.unixMs()));
    for (const [key, { untilUnixMs }] of this.bans) {
      if (untilUnixMs <= now) this.bans.delete(key);
    }
    return [...this.bans.values()];
  }
}

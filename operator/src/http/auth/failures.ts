import { isIPv6 } from 'node:net';

const PER_MINUTE = 10;
const MINUTE_MS = 60_000;
/** Who has more addresses than this pays with them; memory stays bounded. */
const MAX_ADDRESSES = 1_000;

interface Noted {
  readonly sinceMs: number;
  count: number;
}

/** Wrong tokens by address, so that nobody guesses for long. Others are not held up. */
export class Failures {
  private readonly nowMs: () => number;
  private readonly noted = new Map<string, Noted>();

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  get size(): number {
    return this.noted.size;
  }

  /** How long an address has to wait; 0: it need not. */
  waitMs(address: string): number {
    const noted = this.noted.get(networkOf(address));
    if (noted === undefined || noted.count < PER_MINUTE) return 0;
    return Math.max(0, noted.sinceMs + MINUTE_MS - this.nowMs());
  }

  note(address: string): void {
    const key = networkOf(address);
    const nowMs = this.nowMs();
    const present = this.noted.get(key);
    if (present !== undefined && nowMs - present.sinceMs < MINUTE_MS) {
      present.count += 1;
      return;
    }
    this.noted.delete(key);
    this.noted.set(key, { sinceMs: nowMs, count: 1 });
    const [oldest] = this.noted.keys();
    if (this.noted.size > MAX_ADDRESSES && oldest !== undefined) this.noted.delete(oldest);
  }
}

/** One subscriber has a whole /64 of IPv6. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = ''] = address.split('::');
  return head.split(':').slice(0, 4).join(':');
}

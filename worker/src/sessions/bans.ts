import type { Visit } from '../access/visit.ts';
import type { Clock } from '../stream/clock.ts';

/** Whom to refuse: either part may be empty. */
export interface BannedVisitor {
  readonly address: string;
  readonly userAgent: string;
  readonly subject: string;
  readonly untilUnixMs: number;
}

/** When there are more, those go that came first. */
const MAX_BANS = 10_000;

/** Who is refused for a time: by address together with what he calls himself, and by the
 * subject of his token. */
export class Bans {
  private readonly clock: Clock;
  private readonly clients = new Map<string, number>();
  private readonly subjects = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get size(): number {
    return this.clients.size + this.subjects.size;
  }

  add({ address, userAgent, subject, untilUnixMs }: BannedVisitor): void {
    if (address !== '') this.put(this.clients, clientKey(address, userAgent), untilUnixMs);
    if (subject !== '') this.put(this.subjects, subject, untilUnixMs);
  }

  /** It is in force, for as long at least. */
  has({ address, userAgent, subject, untilUnixMs }: BannedVisitor): boolean {
    const holds = (bans: Map<string, number>, key: string): boolean =>
      (bans.get(key) ?? 0) >= untilUnixMs;
    return (
      (address === '' || holds(this.clients, clientKey(address, userAgent))) &&
      (subject === '' || holds(this.subjects, subject))
    );
  }

  hasClient({ address, userAgent }: Pick<Visit, 'address' | 'userAgent'>): boolean {
    return this.clients.size > 0 && this.holds(this.clients, clientKey(address, userAgent));
  }

  hasSubject(subject: string): boolean {
    return subject !== '' && this.holds(this.subjects, subject);
  }

  private holds(bans: Map<string, number>, key: string): boolean {
    const untilUnixMs = bans.get(key);
    if (untilUnixMs === undefined) return false;
    if (this.clock.unixMs() < untilUnixMs) return true;
    bans.delete(key);
    return false;
  }

  private put(bans: Map<string, number>, key: string, untilUnixMs: number): void {
    const nowUnixMs = this.clock.unixMs();
    if (untilUnixMs <= nowUnixMs) return;
    const longest = Math.max(untilUnixMs, bans.get(key) ?? 0);
    bans.delete(key);
    bans.set(key, longest);
    if (bans.size <= MAX_BANS) return;
    for (const [other, until] of bans) if (until <= nowUnixMs) bans.delete(other);
    const [oldest] = bans.keys();
    if (bans.size > MAX_BANS && oldest !== undefined) bans.delete(oldest);
  }
}

/** Neither part has line ends. */
function clientKey(address: string, userAgent: string): string {
  return `${address}\n${userAgent}`;
}

import type { Visit } from '../access/visit.ts';
import type { Session } from './session.ts';

interface Measured {
  readonly atMs: number;
  readonly bytes: number;
}

/** A key frame, or what an encoder sends at once when it starts, is no bit rate. */
const WINDOW_MS = 5_000;

/** Bit rates of publishers, where a rule limits them: means over five seconds. */
export class PublisherRates {
  private readonly limitOf: (visit: Visit) => number;
  private readonly measured = new WeakMap<Session, Measured>();

  /** `limitOf`: bits a second; 0: none. */
  constructor(limitOf: (visit: Visit) => number) {
    this.limitOf = limitOf;
  }

  forget(session: Session): void {
    this.measured.delete(session);
  }

  /** Asked every second or so. */
  isTooFast(session: Session, nowMs: number): boolean {
    const { visit, control } = session;
    if (visit.action !== 'publish') return false;
    const limit = this.limitOf(visit);
    const before = this.measured.get(session);
    if (limit === 0) return false;
    if (before !== undefined && nowMs - before.atMs < WINDOW_MS) return false;
    this.measured.set(session, { atMs: nowMs, bytes: control.bytes });
    if (before === undefined) return false;
    return ((control.bytes - before.bytes) * 8_000) / (nowMs - before.atMs) > limit;
  }
}

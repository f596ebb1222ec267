import type { AccessRule } from '@streamcluster/proto';
import { WorkerError } from '../errors.ts';
import type { Visit } from './visit.ts';

export type LimitsOfRule = Pick<AccessRule, 'viewersPerStream' | 'connectionsPerAddress'>;

/** Counts who is here, and keeps the rest away. */
export class Limits {
  /** Viewers of `APP/NAME` at other workers, as of their last reports. */
  private readonly viewersElsewhere: (key: string) => number;
  private readonly viewers = new Counts();
  private readonly addresses = new Counts();

  constructor(viewersElsewhere: (key: string) => number) {
    this.viewersElsewhere = viewersElsewhere;
  }

  /** Throws ACCESS_LIMIT_REACHED when one more would be too many. */
  check(visit: Visit, limits: LimitsOfRule): void {
    this.checkMore(visit, limits, 1);
  }

  /** The same of somebody who counts already: many may have come at once. */
  checkOpened(visit: Visit, limits: LimitsOfRule): void {
    this.checkMore(visit, limits, 0);
  }

  opened({ action, name, address }: Visit): void {
    if (action === 'play') this.viewers.add(name.key, 1);
    this.addresses.add(address, 1);
  }

  ended({ action, name, address }: Visit): void {
    if (action === 'play') this.viewers.add(name.key, -1);
    this.addresses.add(address, -1);
  }

  private checkMore(
    { action, name, address }: Visit,
    { viewersPerStream, connectionsPerAddress }: LimitsOfRule,
    more: number,
  ): void {
    if (connectionsPerAddress > 0 && this.addresses.of(address) + more > connectionsPerAddress) {
      throw new WorkerError('ACCESS_LIMIT_REACHED', 'sessions of this address');
    }
    if (viewersPerStream === 0 || action !== 'play') return;
    const viewers = this.viewers.of(name.key) + this.viewersElsewhere(name.key);
    if (viewers + more <= viewersPerStream) return;
    throw new WorkerError('ACCESS_LIMIT_REACHED', 'viewers of this stream');
  }
}

class Counts {
  private readonly counts = new Map<string, number>();

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  add(key: string, more: number): void {
    const count = this.of(key) + more;
    if (count > 0) this.counts.set(key, count);
    else this.counts.delete(key);
  }
}

import type { Random } from '@streamcluster/placement';
import type { MemoryBus } from '@streamcluster/worker/testing';
import type { NodeClock } from './node-clock.ts';

export interface BusLineOptions {
  readonly bus: MemoryBus;
  readonly clock: NodeClock;
  readonly random: Random;
  /** The network lets bytes through. */
  readonly isJoined: () => boolean;
  /** The server's process is there, and does not hang. */
  readonly server: () => 'up' | 'hung' | 'down';
}

/** A client's pings find a dead connection after so long: two or three periods of 1 s,
 * the operator's of 2 s. */
const NOTICE_MS = [2_000, 6_000] as const;
const RECONNECT_MS = [20, 600] as const;

/** A client's connection to NATS: when it notices that it is gone, and comes back. */
export class BusLine {
  private readonly options: BusLineOptions;
  private isWaiting = false;
  /** The server went away under it: it ends as soon as the network shows that. */
  private isDead = false;

  constructor(options: BusLineOptions) {
    this.options = options;
    // A new one is made only to a server that answers.
    options.bus.setConnected(this.isUsable);
    this.look();
  }

  /** Network or server changed. */
  look(): void {
    const { bus, isJoined, server } = this.options;
    bus.setCut(!isJoined());
    this.isDead = bus.isConnected && (this.isDead || server() === 'down');
    if (this.isDead && isJoined()) bus.setConnected(false);
    if (this.isUsable) this.later(RECONNECT_MS, () => bus.setConnected(this.isUsable));
    else this.later(NOTICE_MS, () => this.isUsable || bus.setConnected(false));
  }

  private get isUsable(): boolean {
    const { isJoined, server } = this.options;
    return isJoined() && server() === 'up';
  }

  private later([least, most]: readonly [number, number], act: () => void): void {
    const { clock, random, bus } = this.options;
    if (this.isWaiting || bus.isConnected === this.isUsable) return;
    this.isWaiting = true;
    clock.setTimer(least + (most - least) * random.next(), () => {
      this.isWaiting = false;
      act();
      // It may have changed meanwhile.
      this.look();
    });
  }
}

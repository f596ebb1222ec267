import type { LoadReport } from '@streamcluster/proto';
import type { Clock } from '../stream/clock.ts';

interface Reported {
  readonly atMs: number;
  /** By `APP/NAME`; streams without viewers are left out. */
  readonly viewers: ReadonlyMap<string, number>;
}

/** Three reports that did not come. */
const FORGET_MS = 6_000;

/** Viewers of streams at other workers, as of their last reports. */
export class ViewersElsewhere {
  private readonly clock: Clock;
  /** Somebody limits them; else nothing is kept. */
  private readonly isWanted: () => boolean;
  private readonly reported = new Map<string, Reported>();

  constructor(options: { readonly clock: Clock; readonly limitsViewers: () => boolean }) {
    this.clock = options.clock;
    this.isWanted = options.limitsViewers;
  }

  note({ worker, topStreams }: Pick<LoadReport, 'worker' | 'topStreams'>): void {
    if (!this.isWanted()) {
      this.reported.clear();
      return;
    }
    const viewers = new Map<string, number>();
    for (const stream of topStreams) {
      const count = playersOf(stream.viewers);
      if (count > 0) viewers.set(stream.name, count);
    }
    this.reported.set(worker, { atMs: this.clock.nowMs(), viewers });
  }

  of(key: string): number {
    const oldestMs = this.clock.nowMs() - FORGET_MS;
    let sum = 0;
    for (const [worker, { atMs, viewers }] of this.reported) {
      if (atMs >= oldestMs) sum += viewers.get(key) ?? 0;
      else this.reported.delete(worker);
    }
    return sum;
  }
}

/** Relays of other workers are no viewers. */
function playersOf(viewers: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const [protocol, count] of Object.entries(viewers)) {
    if (protocol !== 'relay') sum += count;
  }
  return sum;
}

import { DEFAULT_MAX_IMBALANCE, shedShare } from '@streamcluster/placement';
import type { Clock } from '../stream/clock.ts';
import type { FleetLoad } from './fleet-load.ts';
import type { OwnLoad } from './own-load.ts';

/** Players go with their next request, 2 s later, and the report after that shows it: who
 * sends away more often sends away the same load again. */
const ROUND_MS = 6_000;
/** Whoever looks at players does so once in so long. */
const LOOK_MS = 1_000;

interface SheddingOptions {
  readonly ownLoad: Pick<OwnLoad, 'now'>;
  readonly fleetLoad: Pick<FleetLoad, 'look'>;
  readonly clock: Clock;
}

/**
 * Which share of the players that ask again and again (HLS) this worker is to send
 * away with this look, because it is busier than the others. They notice nothing:
 * their connection ends behind an answer, and the next one lands anywhere.
 */
export class Shedding {
  private readonly options: SheddingOptions;
  private roundAtMs = -Infinity;

  constructor(options: SheddingOptions) {
    this.options = options;
  }

  /** 0 to 1; of a round nothing but its first second. */
  share(): number {
    const { ownLoad, fleetLoad, clock } = this.options;
    const nowMs = clock.nowMs();
    if (nowMs - this.roundAtMs >= ROUND_MS) this.roundAtMs = nowMs;
    if (nowMs - this.roundAtMs >= LOOK_MS) return 0;
    const { workers, meanLoad } = fleetLoad.look();
    return workers === 1 ? 0 : shedShare(ownLoad.now(), meanLoad, DEFAULT_MAX_IMBALANCE);
  }
}

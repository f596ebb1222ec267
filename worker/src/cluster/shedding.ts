import { shedShare } from '@streamcluster/placement';
import type { Clock } from '../stream/clock.ts';
import type { Workers } from './workers.ts';

/** What spec.rebalance.maxImbalance is unless it is given. */
const MAX_IMBALANCE = 1.25;
/** Players go with their next request, 2 s later, and the report after that shows it: who
 * sends away more often sends away the same load again. */
const ROUND_MS = 6_000;
/** Whoever looks at players does so once in so long. */
const LOOK_MS = 1_000;

interface SheddingOptions {
  readonly workers: Pick<Workers, 'self' | 'get' | 'live'>;
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
    const { workers, clock } = this.options;
    const nowMs = clock.nowMs();
    if (nowMs - this.roundAtMs >= ROUND_MS) this.roundAtMs = nowMs;
    if (nowMs - this.roundAtMs >= LOOK_MS) return 0;
    const load = workers.get(workers.self)?.weighedLoad ?? 0;
    const others = workers.live().filter(({ isDraining }) => !isDraining);
    if (others.length === 0) return 0;
    const total = others.reduce((sum, { weighedLoad }) => sum + weighedLoad, load);
    const meanLoad = total / (others.length + 1);
    return shedShare(load, meanLoad, MAX_IMBALANCE);
  }
}

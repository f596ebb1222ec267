import type { Clock } from '../stream/clock.ts';
import type { OwnLoad } from './own-load.ts';
import type { Workers } from './workers.ts';

interface FleetLoadOptions {
  readonly workers: Pick<Workers, 'live'>;
  readonly ownLoad: Pick<OwnLoad, 'now'>;
  readonly clock: Clock;
}

/** The workers that do not drain, this one among them. */
export interface FleetLook {
  readonly workers: number;
  /** Of what their streams and viewers take of a CPU. */
  readonly meanLoad: number;
}

/** Crowds ask often. */
const LOOK_MS = 250;

/** How many workers share the load, and what each would have of it. */
export class FleetLoad {
  private readonly options: FleetLoadOptions;
  private seen: FleetLook = { workers: 1, meanLoad: 0 };
  private lookedAtMs = -Infinity;

  constructor(options: FleetLoadOptions) {
    this.options = options;
  }

  /** As of a moment ago. */
  look(): FleetLook {
    const { workers, ownLoad, clock } = this.options;
    if (clock.nowMs() - this.lookedAtMs < LOOK_MS) return this.seen;
    this.lookedAtMs = clock.nowMs();
    const others = workers.live().filter(({ isDraining }) => !isDraining);
    const total = others.reduce((sum, { weighedLoad }) => sum + weighedLoad, ownLoad.now());
    const count = others.length + 1;
    this.seen = { workers: count, meanLoad: total / count };
    return this.seen;
  }
}

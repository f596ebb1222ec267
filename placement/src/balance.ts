/** How evenly load lies. */
export interface Balance {
  readonly maxLoad: number;
  readonly meanLoad: number;
  /** 1 where nobody is busy. */
  readonly maxOverMean: number;
}

/** A figure before and after what was decided. */
export interface Change {
  readonly before: number;
  readonly after: number;
}

/** What `spec.rebalance.maxImbalance` is unless it is given. */
export const DEFAULT_MAX_IMBALANCE = 1.25;

/** Below this mean load, who is busiest says nothing: less than a hundred viewers
 * of 2 Mb/s on each worker. */
export const IDLE_MEAN_LOAD = 0.005;

export function balanceOf(loads: Iterable<number>): Balance {
  let maxLoad = 0;
  let total = 0;
  let count = 0;
  for (const load of loads) {
    maxLoad = Math.max(maxLoad, load);
    total += load;
    count += 1;
  }
  const meanLoad = total / Math.max(1, count);
  return { maxLoad, meanLoad, maxOverMean: meanLoad > 0 ? maxLoad / meanLoad : 1 };
}

/** What to aim at once something is done about more than `maxImbalance`: so far
 * below it that the next report does not ask for more. */
export function aimOf(maxImbalance: number): number {
  return 1 + (maxImbalance - 1) / 2;
}

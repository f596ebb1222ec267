import { aimOf, balanceOf, IDLE_MEAN_LOAD, type Balance } from './balance.ts';
import type { WorkerPicture } from './fleet-picture.ts';
import { HEADROOM_LOAD } from './worker-load.ts';

export interface SteerRequest {
  readonly workers: readonly WorkerPicture[];
  readonly maxImbalance: number;
}

type SteerReason =
  | 'Steered'
  | 'Level'
  | 'Idle' // so little load that who is busiest says nothing
  | 'TooFewWorkers' // the others would have too many
  | 'NoHeadroom'; // those who would take more are busy themselves

export interface SteerPlan {
  /** Whom new connections must not reach until the next plan. */
  readonly closed: readonly string[];
  readonly reason: SteerReason;
  readonly before: Balance;
}

/** Of all workers, those who take nobody for another reason counted: the others
 * get half as much again, not more. */
const MAX_CLOSED_SHARE = 1 / 3;

/**
 * Which workers leave the users' Service for a while, so that those who come
 * land on the others; whoever is connected stays. The busiest first, and none
 * that is not above the mean.
 */
export function planSteering({ workers, maxImbalance }: SteerRequest): SteerPlan {
  const open = workers.filter((one) => !one.isSilent && !one.isDraining && one.accepting !== 'No');
  const before = balanceOf(open.map(({ load }) => load));
  const most = Math.floor(workers.length * MAX_CLOSED_SHARE) - (workers.length - open.length);
  const reason = reasonToRest(open, before, maxImbalance, most);
  if (reason !== undefined) return { closed: [], reason, before };
  const above = open.filter(({ load }) => load > before.meanLoad);
  above.sort((a, b) => b.load - a.load);
  return { closed: above.slice(0, most).map(({ id }) => id), reason: 'Steered', before };
}

function reasonToRest(
  open: readonly WorkerPicture[],
  { maxLoad, meanLoad }: Balance,
  maxImbalance: number,
  most: number,
): SteerReason | undefined {
  if (most < 1) return 'TooFewWorkers';
  if (meanLoad < IDLE_MEAN_LOAD) return 'Idle';
  const isSteering = open.some(({ accepting }) => accepting === 'Steered');
  // Once begun it goes on until there is room to the bound.
  const limit = isSteering ? aimOf(maxImbalance) : maxImbalance;
  if (maxLoad <= limit * meanLoad) return 'Level';
  const meanBusy = balanceOf(open.map(({ busy }) => busy)).meanLoad;
  return meanBusy >= HEADROOM_LOAD ? 'NoHeadroom' : undefined;
}

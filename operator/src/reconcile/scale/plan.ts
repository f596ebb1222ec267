import { chooseDrains, type DrainCandidate } from '@streamcluster/placement';

/** A worker as planning sees it: one that runs and is not going anyway. */
export interface PlannedWorker extends DrainCandidate {
  readonly isOutdated: boolean;
  /** It is out of the Service: nobody new comes. */
  readonly isClosed: boolean;
  /** No node has had room for it for a while. */
  readonly isStuck: boolean;
}

export interface PlanRequest {
  readonly desired: number;
  readonly maxSurgePercent: number;
  /** Without those that were told to go, and without lost ones. */
  readonly workers: readonly PlannedWorker[];
  /** Some that were told to go are still there, with their CPUs. */
  readonly areSomeGoing: boolean;
}

export interface Plan {
  readonly create: number;
  /** Names of those to drain and delete. */
  readonly retire: readonly string[];
  /** Outdated workers take nobody new any more. */
  readonly closeOutdated: boolean;
}

/**
 * What to start and whom to send away, so that the wanted number serves while
 * workers are replaced. New workers come first, up to the surge; then outdated
 * ones leave the Service; only when they have, the first publisher is asked to
 * go, so that it connects again once, to a new worker.
 */
export function planWorkers(request: PlanRequest): Plan {
  const old = request.workers.filter(({ isOutdated }) => isOutdated);
  const current = request.workers.filter(({ isOutdated }) => !isOutdated);
  if (old.length === 0) return planScale(request.desired, current);
  return planUpdate(request, old, current);
}

function planScale(desired: number, current: readonly PlannedWorker[]): Plan {
  const excess = current.length - desired;
  return {
    create: Math.max(0, -excess),
    // Nothing to choose in most passes, and ordering all is slow.
    retire: excess > 0 ? chooseDrains(current, excess) : [],
    closeOutdated: false,
  };
}

function planUpdate(
  { desired, maxSurgePercent, areSomeGoing }: PlanRequest,
  old: readonly PlannedWorker[],
  current: readonly PlannedWorker[],
): Plan {
  const surge = Math.max(1, Math.ceil((desired * maxSurgePercent) / 100));
  const room = desired + surge - current.length - old.length;
  const ready = current.filter(({ isReady }) => isReady).length;
  const closeOutdated = desired === 0 || ready > 0;
  const retire = (count: number): readonly string[] => chooseDrains(old, count);
  const create = Math.max(0, Math.min(desired - current.length, room));
  const excess = ready + old.length - desired;
  if (excess > 0) {
    const areClosed = old.every(({ isClosed }) => isClosed);
    return { create, retire: areClosed ? retire(excess) : [], closeOutdated };
  }
  // No room for a surge: some must go before the first can come.
  const stuck = current.filter(({ isStuck }) => isStuck).length;
  const makeRoom = areSomeGoing ? 0 : Math.min(stuck, surge);
  return { create, retire: retire(makeRoom), closeOutdated };
}

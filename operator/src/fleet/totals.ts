import { balanceOf, IDLE_MEAN_LOAD, type Balance } from '@streamcluster/placement';
import type { WorkerSighting } from './fleet.ts';

/** Viewers of all streams. Relays of other workers are not counted. */
export function totalViewers(workers: readonly WorkerSighting[]): number {
  return workers.reduce((sum, worker) => sum + viewersOf(worker), 0);
}

export function viewersOf({ report }: WorkerSighting): number {
  const byProtocol = Object.entries(report.viewersByProtocol);
  if (byProtocol.length === 0) return report.viewers;
  return byProtocol.reduce((sum, [protocol, count]) => sum + (protocol === 'relay' ? 0 : count), 0);
}

/** Of workers that are heard and do not drain. */
export function balanceOfServing(workers: readonly WorkerSighting[]): Balance {
  const serving = workers.filter(({ isSilent, isDraining }) => !isSilent && !isDraining);
  return balanceOf(serving.map(({ load }) => load));
}

/** Highest load over mean load; 1 when nobody is busy. */
export function maxOverMeanLoad(workers: readonly WorkerSighting[]): number {
  const { meanLoad, maxOverMean } = balanceOfServing(workers);
  return meanLoad < IDLE_MEAN_LOAD ? 1 : maxOverMean;
}

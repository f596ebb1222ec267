import type { WorkerSighting } from './fleet.ts';

/** Below this mean load, who is busiest says nothing. */
const IDLE_LOAD = 0.05;

/** Viewers of all streams. Relays of other workers are not counted. */
export function totalViewers(workers: readonly WorkerSighting[]): number {
  return workers.reduce((sum, worker) => sum + viewersOf(worker), 0);
}

export function viewersOf({ report }: WorkerSighting): number {
  const byProtocol = Object.entries(report.viewersByProtocol);
  if (byProtocol.length === 0) return report.viewers;
  return byProtocol.reduce((sum, [protocol, count]) => sum + (protocol === 'relay' ? 0 : count), 0);
}

/** Highest load of a worker over the mean load; 1 when nobody is busy. */
export function maxOverMeanLoad(workers: readonly WorkerSighting[]): number {
  const loads = workers.map(({ report }) => report.loopUtilization);
  const mean = loads.reduce((sum, load) => sum + load, 0) / Math.max(1, loads.length);
  return mean < IDLE_LOAD ? 1 : Math.max(...loads) / mean;
}

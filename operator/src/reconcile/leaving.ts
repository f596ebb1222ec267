import type { WorkerInstance } from './runtime.ts';

/** Whether a worker goes soon: nothing should come that would have to move again. */
export function isLeaving({ phase, isOutdated, drainAsked }: WorkerInstance): boolean {
  return phase !== 'running' || isOutdated || drainAsked !== undefined;
}

/** Whether newcomers are kept from it for a while, for balance only. */
export function isSteeredOff(instance: WorkerInstance): boolean {
  return !instance.marks.accepting && !isLeaving(instance);
}

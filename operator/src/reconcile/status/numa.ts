import { NumaAlignment } from '@streamcluster/proto';
import type { WorkerSighting } from '../../fleet/fleet.ts';
import type { Observation } from '../step.ts';

/** What workers say of their CPUs and memory. */
export interface NumaState {
  /** Those that have CPUs of their own. */
  readonly pinned: number;
  readonly aligned: number;
  /** Names of pinned ones whose CPUs or memory are of several nodes. */
  readonly astray: readonly string[];
  /** Names of those that run on shared CPUs though they should not. */
  readonly shared: readonly string[];
}

/** Undefined: the resource asks for no pinning. */
export function numaState({ resource, instances, sightings }: Observation): NumaState | undefined {
  if (resource.spec.worker.pinning === 'None') return undefined;
  const running = instances
    .filter(({ phase }) => phase === 'running')
    .map(({ name }) => sightings.get(name))
    .filter((sighting) => sighting !== undefined);
  const pinned = running.filter(isPinned);
  const astray = pinned.filter(
    ({ report }) => report.numaAlignment === NumaAlignment.NUMA_ALIGNMENT_ASTRAY,
  );
  const shared = running.filter((sighting) => !isPinned(sighting));
  return {
    pinned: pinned.length,
    aligned: pinned.filter(isAligned).length,
    astray: astray.map(({ id }) => id),
    shared: shared.map(({ id }) => id),
  };
}

/** For the column: aligned ones of all that report. */
export function numaSummary(observation: Observation): string {
  const state = numaState(observation);
  if (state === undefined) return 'not pinned';
  return `${state.aligned}/${state.pinned + state.shared.length} aligned`;
}

function isPinned({ report }: WorkerSighting): boolean {
  return report.loopCpu !== undefined;
}

function isAligned({ report }: WorkerSighting): boolean {
  return report.numaAlignment === NumaAlignment.NUMA_ALIGNMENT_ALIGNED;
}

import { viewersOf } from '../../fleet/totals.ts';
import type { WorkerInstance } from '../runtime.ts';
import type { Observation } from '../step.ts';
import type { PlannedWorker } from './plan.ts';

/** So long silent, a worker is replaced; it may still come back. */
const GONE_MS = 30_000;
/** When more than this share is silent at once, the bus is ill, not the workers. */
const MAX_SILENT_SHARE = 0.3;
/** A pod that no node takes for this long blocks what it was made for. */
const STUCK_MS = 10_000;

/** Those that run, are heard, and were not told to go. */
export function plannedWorkers(observation: Observation): PlannedWorker[] {
  const gone = goneWorkers(observation);
  return observation.instances
    .filter(({ name, phase, drainAsked }) => {
      return phase === 'running' && drainAsked === undefined && !gone.has(name);
    })
    .map((instance) => plannedWorker(instance, observation));
}

/** Names of workers of which nothing was heard for so long that they count for nothing. */
function goneWorkers({ sightings, instances, nowMs }: Observation): ReadonlySet<string> {
  const silent = [...sightings.values()].filter(({ isSilent }) => isSilent);
  if (silent.length > 1 && silent.length > sightings.size * MAX_SILENT_SHARE) return new Set();
  const gone = silent.filter(({ receivedAtMs }) => nowMs - receivedAtMs > GONE_MS);
  // A pod that is not ready either: its own node does not see it.
  const deaf = new Set(instances.filter(({ isReady }) => !isReady).map(({ name }) => name));
  return new Set(gone.map(({ id }) => id).filter((id) => deaf.has(id)));
}

function plannedWorker(instance: WorkerInstance, observation: Observation): PlannedWorker {
  const { name, isReady, isOutdated, marks, unschedulableSinceMs } = instance;
  const sighting = observation.sightings.get(name);
  const isHeard = sighting !== undefined && !sighting.isSilent;
  return {
    id: name,
    isReady: isReady && isHeard,
    // Of one that was never heard, its pod says whether it was busy.
    publishers: sighting?.report.publishers ?? Number(marks.busy),
    viewers: sighting === undefined ? 0 : viewersOf(sighting),
    homes: sighting?.report.streams ?? 0,
    isOutdated,
    isClosed: !marks.accepting,
    isStuck:
      unschedulableSinceMs !== undefined && observation.unixMs - unschedulableSinceMs > STUCK_MS,
  };
}

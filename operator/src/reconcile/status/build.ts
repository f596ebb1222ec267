import type { Condition, StreamClusterStatus } from '../../api/status.ts';
import type { WorkerSighting } from '../../fleet/fleet.ts';
import { maxOverMeanLoad, totalViewers } from '../../fleet/totals.ts';
import type { Observation } from '../step.ts';
import { findings, merged, type Counts } from './conditions.ts';

export interface StatusRequest {
  readonly observation: Observation;
  readonly desired: number;
  readonly isConfigured: (sighting: WorkerSighting) => boolean;
  /** Conditions of the last status. */
  readonly previous: readonly Condition[];
}

/** Pure: what is the case, as the resource shows it. */
export function buildStatus(request: StatusRequest): StreamClusterStatus {
  const { observation, previous } = request;
  const { resource, generation, unixMs } = observation;
  const reporting = [...observation.sightings.values()].filter(({ isSilent }) => !isSilent);
  const counts = countWorkers(request, reporting);
  return {
    observedGeneration: generation,
    phase: phaseOf(counts, observation),
    desiredReplicas: counts.desired,
    replicas: counts.running,
    readyReplicas: counts.ready,
    draining: counts.draining,
    selector: `streamcluster.dev/cluster=${resource.metadata.name}`,
    streams: observation.streams,
    viewers: totalViewers(reporting),
    maxLoad: counts.maxLoad.toFixed(2),
    conditions: merged(previous, findings(observation, counts), generation, unixMs),
  };
}

function countWorkers(
  { observation, desired, isConfigured }: StatusRequest,
  reporting: readonly WorkerSighting[],
): Counts {
  const { instances } = observation;
  const running = instances.filter(({ phase }) => phase === 'running');
  const serving = new Set(running.filter((one) => one.isReady).map(({ name }) => name));
  const isReady = (sighting: WorkerSighting): boolean =>
    serving.has(sighting.id) && !sighting.isDraining && isConfigured(sighting);
  return {
    desired,
    running: running.length,
    ready: reporting.filter(isReady).length,
    draining: instances.filter(({ phase }) => phase === 'stopping').length,
    maxLoad: maxOverMeanLoad(reporting),
  };
}

function phaseOf(
  { desired, ready, running }: Counts,
  { fault }: Observation,
): StreamClusterStatus['phase'] {
  if (fault !== undefined) return 'Degraded';
  if (ready === desired) return 'Ready';
  if (ready === 0) return 'Pending';
  return running < desired ? 'Degraded' : 'Progressing';
}

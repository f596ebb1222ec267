import type { Condition, StreamClusterStatus } from '../../api/status.ts';
import type { WorkerSighting } from '../../fleet/fleet.ts';
import { maxOverMeanLoad, totalViewers } from '../../fleet/totals.ts';
import type { PlanRecord } from '../rebalance/plan-record.ts';
import type { Observation } from '../step.ts';
import { balanced } from './balanced.ts';
import { findings, merged, type Counts } from './conditions.ts';
import { numaSummary } from './numa.ts';

export interface StatusRequest {
  readonly observation: Observation;
  readonly desired: number;
  readonly isConfigured: (sighting: WorkerSighting) => boolean;
  /** The newest one of rebalancing. */
  readonly plan: PlanRecord | undefined;
  /** Conditions of the last status. */
  readonly previous: readonly Condition[];
}

/** Pure: what is the case, as the resource shows it. */
export function buildStatus(request: StatusRequest): StreamClusterStatus {
  const { observation, previous } = request;
  const { resource, generation, unixMs } = observation;
  const reporting = [...observation.sightings.values()].filter(({ isSilent }) => !isSilent);
  const counts = countWorkers(request, reporting);
  const found = [
    ...findings(observation, counts),
    balanced(resource.spec.rebalance, counts.maxLoad, request.plan),
  ];
  return {
    observedGeneration: generation,
    phase: phaseOf(counts, observation),
    desiredReplicas: counts.desired,
    replicas: counts.running,
    readyReplicas: counts.ready,
    updatedReplicas: counts.updated,
    draining: counts.draining,
    selector: `streamcluster.dev/cluster=${resource.metadata.name}`,
    streams: observation.directory?.size ?? 0,
    viewers: totalViewers(reporting),
    maxLoad: counts.maxLoad.toFixed(2),
    numa: numaSummary(observation),
    conditions: merged(previous, found, generation, unixMs),
  };
}

function countWorkers(
  { observation, desired, isConfigured }: StatusRequest,
  reporting: readonly WorkerSighting[],
): Counts {
  const { instances } = observation;
  const all = instances.filter(({ phase }) => phase === 'running');
  const running = all.filter(({ drainAsked }) => drainAsked === undefined);
  const serving = new Set(running.filter((one) => one.isReady).map(({ name }) => name));
  const isReady = (sighting: WorkerSighting): boolean =>
    serving.has(sighting.id) && !sighting.isDraining && isConfigured(sighting);
  return {
    desired,
    running: running.length,
    ready: reporting.filter(isReady).length,
    updated: running.filter(({ isOutdated }) => !isOutdated).length,
    draining:
      instances.filter(({ phase }) => phase === 'stopping').length + all.length - running.length,
    maxLoad: maxOverMeanLoad(reporting),
  };
}

function phaseOf(
  { desired, ready, running }: Counts,
  { fault, problems }: Observation,
): StreamClusterStatus['phase'] {
  if (fault !== undefined) return 'Degraded';
  if (ready >= desired) return 'Ready';
  if (problems.length > 0) return 'Degraded';
  if (ready === 0) return 'Pending';
  return running < desired ? 'Degraded' : 'Progressing';
}

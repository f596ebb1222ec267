import {
  fleetPicture,
  type Accepting,
  type CycleSettings,
  type FleetPicture,
  type ReportedWorker,
} from '@streamcluster/placement';
import type { DirectoryEntry } from '@streamcluster/proto';
import type { StreamClusterSpec } from '../../api/spec.ts';
import { reportedStreams } from '../../fleet/counted-load.ts';
import { SILENT_MS, type WorkerSighting } from '../../fleet/fleet.ts';
import { redirects } from '../../specs/redirect.ts';
import { isLeaving } from '../leaving.ts';
import type { WorkerInstance } from '../runtime.ts';
import type { Observation } from '../step.ts';

/** What policies look at, of those workers that run. One that serves and was never
 * heard is as silent as one that fell silent: it may be well, and have streams. */
export function pictureOf(
  { instances, sightings, nowMs }: Observation,
  directory: Iterable<readonly [string, DirectoryEntry]>,
  steeredOff: ReadonlySet<string>,
): FleetPicture {
  const workers: ReportedWorker[] = [];
  for (const instance of instances) {
    if (instance.phase === 'exited') continue;
    const sighting = sightings.get(instance.name);
    const isSteered = steeredOff.has(instance.name);
    if (sighting !== undefined) workers.push(reportedWorker(instance, sighting, isSteered, nowMs));
    else if (instance.phase === 'running' && instance.isReady) workers.push(unheard(instance));
  }
  return fleetPicture(workers, directory);
}

export function cycleSettings({
  rebalance,
  hotStreams,
  service,
}: Pick<StreamClusterSpec, 'rebalance' | 'hotStreams' | 'service'>): CycleSettings {
  const { maxImbalance, maxMovesPercent } = rebalance;
  const { splitAtMeanLoad, maxReplicas } = hotStreams;
  const mode = redirects(service) ? 'Redirect' : 'Service';
  return { mode, maxImbalance, maxMovesPercent, splitAtMeanLoad, maxReplicas };
}

function unheard({ name }: WorkerInstance): ReportedWorker {
  return {
    ...{ id: name, busy: 1, streams: [], previousLoad: undefined, accepting: 'No' },
    ...{ isDraining: false, isSilent: true },
  };
}

function reportedWorker(
  instance: WorkerInstance,
  sighting: WorkerSighting,
  isSteered: boolean,
  nowMs: number,
): ReportedWorker {
  const { id, report, settledBusy, previousLoad, isDraining, receivedAtMs } = sighting;
  const open: Accepting = isSteered ? 'Steered' : 'Yes';
  return {
    id,
    // Who is full takes nothing, whatever it says of its loop.
    busy: report.admitting ? settledBusy : 1,
    streams: reportedStreams(report),
    previousLoad,
    viewersByProtocol: report.viewersByProtocol,
    accepting: isLeaving(instance) ? 'No' : open,
    isDraining: isDraining || instance.drainAsked !== undefined || instance.phase !== 'running',
    // Also where the bus is to blame: loads of before an outage say nothing.
    isSilent: nowMs - receivedAtMs > SILENT_MS,
  };
}

import { LoadReport } from '@streamcluster/proto';
import type { WorkerSighting } from '../fleet/fleet.ts';
import { viewersOf } from '../fleet/totals.ts';
import type { WorkerInstance } from '../reconcile/runtime.ts';

export type WorkerState = 'starting' | 'ready' | 'draining' | 'silent' | 'exited';

/** A worker as the API shows it; numbers are its last report's. */
export interface WorkerItem {
  readonly id: string;
  readonly state: WorkerState;
  readonly cpus: readonly number[];
  readonly numaNode: number;
  readonly pid: number;
  readonly startedUnixMs: number;
  readonly appliedVersion: number;
  readonly loopUtilization: number;
  readonly tickLagMs: number;
  /** Streams that it holds in any role. */
  readonly streams: number;
  readonly publishers: number;
  readonly viewers: number;
  readonly viewersByProtocol: Readonly<Record<string, number>>;
  readonly relaysOut: number;
  readonly connections: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
  readonly arenaBytes: number;
  readonly rssBytes: number;
  readonly grpcAddress: string;
  readonly httpAddress: string;
}

export function workerItems(
  instances: readonly WorkerInstance[],
  sightings: readonly WorkerSighting[],
): WorkerItem[] {
  const byId = new Map(sightings.map((sighting) => [sighting.id, sighting]));
  return [...instances]
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .map((instance) => workerItem(instance, byId.get(instance.name)));
}

export function workerState(
  { phase, isReady }: WorkerInstance,
  sighting: WorkerSighting | undefined,
): WorkerState {
  if (phase === 'exited') return 'exited';
  if (phase === 'stopping' || sighting?.isDraining === true) return 'draining';
  if (sighting === undefined || !isReady) return 'starting';
  return sighting.isSilent ? 'silent' : 'ready';
}

/** What a worker that has not reported yet shows. */
const NO_REPORT = LoadReport.fromPartial({ numaNode: -1 });

function workerItem(instance: WorkerInstance, sighting: WorkerSighting | undefined): WorkerItem {
  const report = sighting?.report ?? NO_REPORT;
  return {
    id: instance.name,
    state: workerState(instance, sighting),
    cpus: report.cpus,
    numaNode: report.numaNode,
    pid: report.pid,
    startedUnixMs: Number(report.startedUnixMs),
    appliedVersion: Number(report.appliedVersion),
    loopUtilization: report.loopUtilization,
    tickLagMs: report.tickLagMs,
    streams: report.streams,
    publishers: report.publishers,
    viewers: sighting === undefined ? 0 : viewersOf(sighting),
    viewersByProtocol: report.viewersByProtocol,
    relaysOut: report.relaysOut,
    connections: report.connections,
    bytesInPerSecond: report.bytesInPerSecond,
    bytesOutPerSecond: report.bytesOutPerSecond,
    arenaBytes: Number(report.arenaBytes),
    rssBytes: Number(report.rssBytes),
    grpcAddress: report.grpcAddress,
    httpAddress: report.httpAddress,
  };
}

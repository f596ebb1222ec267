import { LoadReport, NumaAlignment } from '@streamcluster/proto';
import type { WorkerSighting } from '../fleet/fleet.ts';
import { balanceOfServing, viewersOf } from '../fleet/totals.ts';
import { isSteeredOff } from '../reconcile/leaving.ts';
import type { WorkerInstance } from '../reconcile/runtime.ts';

export type WorkerState = 'starting' | 'ready' | 'draining' | 'silent' | 'exited' | 'lost';

/** A worker as the API shows it; numbers are its last report's. */
export interface WorkerItem {
  readonly id: string;
  readonly state: WorkerState;
  /** The place among the workers that it fills. */
  readonly slot: number;
  /** Node of its pod; empty: none yet, or no pods. */
  readonly node: string;
  /** It was made of another spec than a new one would be. */
  readonly isOutdated: boolean;
  /** Why it is to be emptied; empty: it is not. */
  readonly drainAsked: string;
  /** CPUs that its threads are pinned to. */
  readonly cpus: readonly number[];
  /** CPUs that it may run on. */
  readonly allowedCpus: readonly number[];
  /** The one that its loop is pinned to; -1: none. */
  readonly loopCpu: number;
  readonly numaNode: number;
  readonly numaAlignment: 'aligned' | 'astray' | 'unknown';
  /** NUMA nodes that it may take memory from. */
  readonly memoryNodes: readonly number[];
  readonly pid: number;
  readonly startedUnixMs: number;
  readonly appliedVersion: number;
  readonly loopUtilization: number;
  /** What its streams and viewers take of a CPU, counted by their weights. */
  readonly load: number;
  /** The same over the mean of workers that serve; 0: nobody is busy. */
  readonly loadOverMean: number;
  /** Whether new connections come; `Steered`: not for now, for balance. */
  readonly accepting: 'Yes' | 'Steered' | 'No';
  /** False: it is full, and takes nobody new. */
  readonly isAdmitting: boolean;
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
  /** Where viewers reach this very worker; empty: only by what it shares with others. */
  readonly publicHttpAddress: string;
  readonly publicHttpsAddress: string;
}

export function workerItems(
  instances: readonly WorkerInstance[],
  sightings: readonly WorkerSighting[],
): WorkerItem[] {
  const byId = new Map(sightings.map((sighting) => [sighting.id, sighting]));
  const { meanLoad } = balanceOfServing(sightings);
  return [...instances]
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .map((instance) => workerItem(instance, byId.get(instance.name), meanLoad));
}

export function workerState(
  { phase, isReady }: WorkerInstance,
  sighting: WorkerSighting | undefined,
): WorkerState {
  if (phase === 'exited' || phase === 'lost') return phase;
  if (phase === 'stopping' || sighting?.isDraining === true) return 'draining';
  if (sighting === undefined || !isReady) return 'starting';
  return sighting.isSilent ? 'silent' : 'ready';
}

/** What a worker that has not reported yet shows. */
const NO_REPORT = LoadReport.fromPartial({ numaNode: -1 });

type Place = Pick<WorkerItem, 'slot' | 'node' | 'isOutdated' | 'drainAsked'>;

function placeOf({ slot, node = '', isOutdated, drainAsked = '' }: WorkerInstance): Place {
  return { slot, node, isOutdated, drainAsked };
}

type Cpus = Pick<
  WorkerItem,
  'cpus' | 'allowedCpus' | 'loopCpu' | 'numaNode' | 'numaAlignment' | 'memoryNodes'
>;

const ALIGNMENTS: Readonly<Partial<Record<NumaAlignment, Cpus['numaAlignment']>>> = {
  [NumaAlignment.NUMA_ALIGNMENT_ALIGNED]: 'aligned',
  [NumaAlignment.NUMA_ALIGNMENT_ASTRAY]: 'astray',
};

function cpusOf({ cpus, allowedCpus, loopCpu = -1, numaNode, ...report }: LoadReport): Cpus {
  const numaAlignment = ALIGNMENTS[report.numaAlignment] ?? 'unknown';
  return { cpus, allowedCpus, loopCpu, numaNode, numaAlignment, memoryNodes: report.memoryNodes };
}

function acceptingOf(instance: WorkerInstance): WorkerItem['accepting'] {
  if (isSteeredOff(instance)) return 'Steered';
  return instance.marks.accepting && instance.phase === 'running' ? 'Yes' : 'No';
}

function workerItem(
  instance: WorkerInstance,
  sighting: WorkerSighting | undefined,
  meanLoad: number,
): WorkerItem {
  const report = sighting?.report ?? NO_REPORT;
  const load = sighting?.load ?? 0;
  return {
    id: instance.name,
    state: workerState(instance, sighting),
    ...placeOf(instance),
    ...cpusOf(report),
    pid: report.pid,
    startedUnixMs: Number(report.startedUnixMs),
    appliedVersion: Number(report.appliedVersion),
    loopUtilization: report.loopUtilization,
    load,
    loadOverMean: meanLoad > 0 ? load / meanLoad : 0,
    accepting: acceptingOf(instance),
    isAdmitting: report.admitting,
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
    publicHttpAddress: report.publicHttpAddress,
    publicHttpsAddress: report.publicHttpsAddress,
  };
}

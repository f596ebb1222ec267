import { neededWorkers } from '@streamcluster/placement';
import { OperatorError } from '../errors.ts';
import { maxOverMeanLoad, totalViewers } from '../fleet/totals.ts';
import type { ClusterView } from './view.ts';

/** Mean load that is aimed at where nobody says what a worker can carry. */
const TARGET_MEAN_LOAD = 0.6;
const MAX_STREAMS = 1_000_000;

/** What KEDA's metrics-api scaler and others scale by; flat, numbers only but `basis`. */
export interface Scaling {
  readonly streams: number;
  readonly viewers: number;
  /** Mean busy share of the serving workers' CPUs, in percent. */
  readonly meanLoadPercent: number;
  readonly maxOverMeanLoad: number;
  /** What neededWorkers follows. */
  readonly basis: 'Streams' | 'Load';
  readonly streamsPerWorker?: number;
  readonly neededWorkers: number;
  readonly desiredReplicas: number;
  readonly readyReplicas: number;
}

/** As they stand in the query string. */
export interface ScalingQuery {
  readonly streamsPerWorker?: string;
  readonly bufferStreams?: string;
}

/** Throws REQUEST_INVALID, and NATS_UNREACHABLE while streams are not counted yet. */
export function scalingOf(view: ClusterView, query: ScalingQuery): Scaling {
  const streams = view.streamCount();
  // Half of the figures would scale down; without an answer nobody scales.
  if (streams === undefined) throw new OperatorError('NATS_UNREACHABLE', 'no streams counted yet');
  const serving = view.sightings().filter(({ isSilent, isDraining }) => !isSilent && !isDraining);
  const load = serving.reduce((sum, { settledBusy }) => sum + settledBusy, 0);
  const { desiredReplicas = 0, readyReplicas = 0 } = view.status ?? {};
  const perWorker = ruleOf(view, query);
  const byLoad = serving.length === 0 ? desiredReplicas : Math.ceil(load / TARGET_MEAN_LOAD);
  return {
    streams,
    viewers: totalViewers(view.sightings()),
    meanLoadPercent: Math.round((100 * load) / Math.max(1, serving.length)),
    maxOverMeanLoad: Number(maxOverMeanLoad(serving).toFixed(2)),
    basis: perWorker === undefined ? 'Load' : 'Streams',
    ...(perWorker && { streamsPerWorker: perWorker.streamsPerWorker }),
    neededWorkers: perWorker ? neededWorkers(perWorker, streams) : Math.max(1, byLoad),
    desiredReplicas,
    readyReplicas,
  };
}

type Rule = Parameters<typeof neededWorkers>[0];

/** The query's before the resource's: in fixed mode the resource has none. */
function ruleOf({ resource }: ClusterView, query: ScalingQuery): Rule | undefined {
  const { autoscaling } = resource.spec;
  const asked = numberOf('streamsPerWorker', query.streamsPerWorker, 1);
  const streamsPerWorker = asked ?? autoscaling?.streamsPerWorker;
  const bufferStreams = numberOf('bufferStreams', query.bufferStreams, 0);
  if (streamsPerWorker === undefined) return undefined;
  return {
    streamsPerWorker,
    bufferStreams: bufferStreams ?? autoscaling?.bufferStreams ?? 0,
    minReplicas: 0,
    maxReplicas: Infinity,
    scaleDownStabilizationSeconds: 0,
  };
}

function numberOf(name: string, text: string | undefined, minimum: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= minimum && number <= MAX_STREAMS) return number;
  throw new OperatorError('REQUEST_INVALID', `${name} must be ${minimum} to ${MAX_STREAMS}`);
}

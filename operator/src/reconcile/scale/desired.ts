import {
  autoscale,
  neededWorkers,
  type AutoscaleResult,
  type Recommendation,
} from '@streamcluster/placement';
import type { StreamClusterSpec } from '../../api/spec.ts';

export interface Desired {
  readonly replicas: number;
  readonly history: readonly Recommendation[];
  readonly limitedBy: AutoscaleResult['limitedBy'];
  /** For people: how the number came about. */
  readonly because: string;
}

export interface DesiredRequest {
  readonly spec: Pick<StreamClusterSpec, 'fixed' | 'autoscaling'>;
  /** Undefined: nobody knows; the number stays. */
  readonly streams: number | undefined;
  readonly history: readonly Recommendation[];
  /** As of last time. */
  readonly last: number;
  readonly nowMs: number;
}

/** How many workers are wanted, by hand or by the number of streams. */
export function desiredReplicas(request: DesiredRequest): Desired {
  const { spec, streams, history, last, nowMs } = request;
  const { autoscaling, fixed } = spec;
  if (autoscaling === undefined) {
    const replicas = fixed?.replicas ?? 0;
    // Where streams decide from now on, those that are there stay for the window.
    const kept = [{ atMs: nowMs, replicas }];
    return { replicas, history: kept, limitedBy: undefined, because: 'spec' };
  }
  if (streams === undefined) {
    const { minReplicas, maxReplicas } = autoscaling;
    const replicas = Math.min(maxReplicas, Math.max(minReplicas, last));
    return { replicas, history, limitedBy: undefined, because: 'the directory is not read yet' };
  }
  const { bufferStreams, streamsPerWorker } = autoscaling;
  const needed = neededWorkers(autoscaling, streams);
  const because = `${streams} streams and ${bufferStreams} to spare at ${streamsPerWorker} a worker need ${needed}`;
  return { ...autoscale(autoscaling, streams, history, nowMs), because };
}

import { autoscale, type AutoscaleResult, type Recommendation } from '@streamcluster/placement';
import type { StreamClusterSpec } from '../../api/spec.ts';

export interface Desired {
  readonly replicas: number;
  readonly history: readonly Recommendation[];
  readonly limitedBy: AutoscaleResult['limitedBy'];
}

/** How many workers are wanted, by hand or by the number of streams. */
export function desiredReplicas(
  spec: Pick<StreamClusterSpec, 'fixed' | 'autoscaling'>,
  streams: number,
  history: readonly Recommendation[],
  nowMs: number,
): Desired {
  if (spec.autoscaling !== undefined) return autoscale(spec.autoscaling, streams, history, nowMs);
  return { replicas: spec.fixed?.replicas ?? 0, history: [], limitedBy: undefined };
}

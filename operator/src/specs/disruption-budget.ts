import type { StreamCluster } from '../api/stream-cluster.ts';
import type { PodDisruptionBudget } from '../kube/resources.ts';
import { BUSY_LABEL, ownedMeta, workerSelector, workersName } from './names.ts';

/** More than there can be: nobody is let go. */
const ALL = 2_147_483_647;

export interface DisruptionBudgetOptions {
  /** The operator sees that a node is cordoned. */
  readonly seesNodes: boolean;
  readonly desired: number;
}

/**
 * One budget, because a pod with two can never be evicted, and an integer,
 * because the disruption controller cannot resolve a percentage of bare pods.
 *
 * Where the operator drains cordoned nodes, the busy workers are protected until
 * it has emptied them. Where it sees no nodes, or is told to leave cordons alone,
 * that would be for ever: one worker at a time may be evicted, and drains by the signal.
 */
export function disruptionBudget(
  resource: StreamCluster,
  { seesNodes, desired }: DisruptionBudgetOptions,
): PodDisruptionBudget {
  const selector = workerSelector(resource);
  const isEmptied = seesNodes && resource.spec.drain.onCordon;
  return {
    metadata: ownedMeta(resource, workersName(resource)),
    spec: {
      minAvailable: isEmptied ? ALL : Math.max(0, desired - 1),
      selector: { matchLabels: isEmptied ? { ...selector, [BUSY_LABEL]: 'true' } : selector },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}

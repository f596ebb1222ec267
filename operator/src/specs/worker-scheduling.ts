import type { StreamCluster } from '../api/stream-cluster.ts';
import type { Pod } from '../kube/resources.ts';
import { defined } from './defined.ts';
import { REVISION_LABEL, workerSelector } from './names.ts';

type PodSpec = NonNullable<Pod['spec']>;
type Affinity = NonNullable<PodSpec['affinity']>;
type Scheduling = Pick<
  PodSpec,
  | 'nodeSelector'
  | 'tolerations'
  | 'affinity'
  | 'topologySpreadConstraints'
  | 'priorityClassName'
  | 'imagePullSecrets'
>;

/** How long a worker waits for its node to come back; 300 s by default. */
const NODE_GONE_SECONDS = 30;
const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';

/** Where a worker may run: apart from its like, and not where it was refused. */
export function workerScheduling(
  resource: StreamCluster,
  avoidNodes: readonly string[],
): Scheduling {
  const {
    nodeSelector,
    tolerations = [],
    priorityClassName,
    imagePullSecrets,
  } = resource.spec.worker;
  return {
    ...(nodeSelector !== undefined && { nodeSelector }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(imagePullSecrets !== undefined && {
      imagePullSecrets: imagePullSecrets.map((name) => ({ name })),
    }),
    tolerations: [...tolerations.map(defined), ...goneNodes()],
    affinity: {
      ...(avoidNodes.length > 0 && { nodeAffinity: notOn(avoidNodes) }),
      podAntiAffinity: apartInZones(resource),
    },
    topologySpreadConstraints: [spreadOverNodes(resource)],
  };
}

function goneNodes(): PodSpec['tolerations'] & object {
  return ['not-ready', 'unreachable'].map((taint) => ({
    key: `node.kubernetes.io/${taint}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: NODE_GONE_SECONDS,
  }));
}

function notOn(nodes: readonly string[]): NonNullable<Affinity['nodeAffinity']> {
  const matchFields = [...nodes].sort().map((node) => {
    return { key: 'metadata.name', operator: 'NotIn', values: [node] };
  });
  return {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
  };
}

/** The nodes that a pod was made to avoid, whether they still are to be avoided or not. */
export function nodesAvoidedBy({ spec }: Pod): readonly string[] {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms ?? [];
  return terms.flatMap(({ matchFields = [] }) => matchFields.flatMap(({ values = [] }) => values));
}

/** Softly: all on one node is better than none. */
function spreadOverNodes(
  resource: StreamCluster,
): NonNullable<PodSpec['topologySpreadConstraints']>[number] {
  return {
    maxSkew: 1,
    topologyKey: HOSTNAME,
    whenUnsatisfiable: 'ScheduleAnyway',
    ...itsLike(resource),
  };
}

/** No second spread constraint: where nodes have no zones, the scheduler leaves
 * nodes out that lack a key of any constraint, and would spread over none. */
function apartInZones(resource: StreamCluster): NonNullable<Affinity['podAntiAffinity']> {
  const podAffinityTerm = { topologyKey: ZONE, ...itsLike(resource) };
  return { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] };
}

/** Those that an update replaces leave soon, and must not decide where the new ones go. */
function itsLike(resource: StreamCluster): {
  matchLabelKeys: string[];
  labelSelector: { matchLabels: Record<string, string> };
} {
  return {
    matchLabelKeys: [REVISION_LABEL],
    labelSelector: { matchLabels: workerSelector(resource) },
  };
}

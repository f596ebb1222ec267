import { API_VERSION, KIND } from '../api/stream-cluster.ts';
import type { StreamCluster } from '../api/stream-cluster.ts';
import type { ObjectMeta, OwnerReference } from '../kube/wire.ts';

/** docs/kubernetes.md, Names. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const MANAGER = 'streamcluster';
export const COMPONENT = 'app.kubernetes.io/name';
export const WORKER_COMPONENT = 'streamcluster-worker';
export const OPERATOR_COMPONENT = 'streamcluster-operator';
export const CLUSTER_LABEL = 'streamcluster.dev/cluster';
export const WORKER_LABEL = 'streamcluster.dev/worker';
export const SLOT_LABEL = 'streamcluster.dev/slot';
export const REVISION_LABEL = 'streamcluster.dev/revision';
export const ACCEPTING_LABEL = 'streamcluster.dev/accepting';
export const BUSY_LABEL = 'streamcluster.dev/busy';
export const DRAIN_ANNOTATION = 'streamcluster.dev/drain';
/** On a StreamCluster: the plan of a dry run that is to be carried out. */
export const APPROVE_ANNOTATION = 'streamcluster.dev/approve-rebalance';
export const SAFE_TO_EVICT_ANNOTATION = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
export const DO_NOT_DISRUPT_ANNOTATION = 'karpenter.sh/do-not-disrupt';

/** What the operator watches: everything that it makes. */
export const MANAGED_SELECTOR = `${MANAGED_BY}=${MANAGER}`;

type Named = Pick<StreamCluster, 'metadata'>;

/** Labels of everything that belongs to a StreamCluster. */
function clusterLabels({ metadata }: Named): Record<string, string> {
  return { [MANAGED_BY]: MANAGER, [CLUSTER_LABEL]: metadata.name };
}

/** Selects the workers of a StreamCluster. */
export function workerSelector({ metadata }: Named): Record<string, string> {
  return { [CLUSTER_LABEL]: metadata.name, [COMPONENT]: WORKER_COMPONENT };
}

/** Metadata of an object that goes with its StreamCluster. */
export function ownedMeta(resource: Named, name: string): ObjectMeta {
  return {
    name,
    namespace: resource.metadata.namespace,
    labels: clusterLabels(resource),
    ownerReferences: [ownerOf(resource)],
  };
}

/** Controller reference: the garbage collector deletes what belongs to a deleted one. */
function ownerOf({ metadata }: Named): OwnerReference {
  const { name, uid = '' } = metadata;
  const flags = { controller: true, blockOwnerDeletion: true };
  return { apiVersion: API_VERSION, kind: KIND, name, uid, ...flags };
}

/** Of everything of the workers that is not the Service of users. */
export function workersName({ metadata }: Named): string {
  return `${metadata.name}-workers`;
}

export function podName({ metadata }: Named, slot: number, incarnation: number): string {
  return `${metadata.name}-${slot}-${incarnation}`;
}

/** Undefined: it is no name of a worker's pod. */
export function incarnationOf(podName: string): number | undefined {
  const digits = /-\d+-(\d+)$/.exec(podName)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Bucket of the directory: a StreamCluster made anew under the same name has another. */
export function bucketName(uid: string): string {
  return `sc-${uid}`;
}

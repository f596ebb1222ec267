import { asPluginError, PluginError } from '../errors.ts';
import { CLUSTER_LABEL, corePath, DRAIN_ANNOTATION } from '../kube/names.ts';
import type { Pod } from '../kube/types.ts';
import { clusterPath } from '../operator/operator-api.ts';
import type { WorkerItem } from '../operator/types.ts';
import type { Session } from '../session.ts';

/** A worker's pod, as drain and undrain need it. */
export interface WorkerPod {
  readonly name: string;
  readonly namespace: string;
  readonly cluster: string;
  readonly uid: string;
  readonly drain: string | undefined;
  readonly hasEnded: boolean;
  /** It was deleted; it ends whatever is asked. */
  readonly isTerminating: boolean;
}

/** Fails if it is not there, or no worker of ours. */
export async function workerPod(session: Session, name: string): Promise<WorkerPod> {
  const namespace = await session.namespace();
  if (namespace === undefined) {
    throw new PluginError('USAGE', 'a worker is named within a namespace, so not with -A');
  }
  const pod = await session.kube.find<Pod>(corePath('pods', namespace, name));
  const cluster = pod?.metadata.labels?.[CLUSTER_LABEL];
  const uid = pod?.metadata.uid;
  if (pod === undefined || uid === undefined) {
    throw new PluginError('NOT_FOUND', `there is no worker "${name}" in namespace "${namespace}"`);
  }
  if (cluster === undefined) {
    throw new PluginError('NOT_FOUND', `the pod "${name}" is no worker of a StreamCluster`);
  }
  const drain = pod.metadata.annotations?.[DRAIN_ANNOTATION];
  return {
    ...{ name, namespace, cluster, uid, drain },
    hasEnded: hasEnded(pod),
    isTerminating: pod.metadata.deletionTimestamp !== undefined,
  };
}

export function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Undefined: that pod is no more, or another has its name. */
export async function samePod(session: Session, worker: WorkerPod): Promise<Pod | undefined> {
  const { name, namespace, uid } = worker;
  const pod = await session.kube.find<Pod>(corePath('pods', namespace, name));
  return pod?.metadata.uid === uid ? pod : undefined;
}

/** What the operator says of it; undefined: nothing, or it does not answer. */
export async function workerItem(
  session: Session,
  { name, namespace, cluster }: WorkerPod,
): Promise<WorkerItem | undefined> {
  try {
    const path = clusterPath(namespace, cluster, '/workers');
    const { items } = await session.operator.get<{ items: readonly WorkerItem[] }>(path);
    return items.find(({ id }) => id === name);
  } catch (error) {
    if (error instanceof PluginError) return undefined;
    throw error;
  }
}

/**
 * Writes the annotation that the operator acts upon; null takes it off. The uid
 * makes it fail rather than meet a new pod of the same name.
 */
export async function annotate(
  session: Session,
  { name, namespace, uid }: WorkerPod,
  reason: string | null,
): Promise<void> {
  const annotations = { [DRAIN_ANNOTATION]: reason };
  try {
    await session.kube.mergePatch(corePath('pods', namespace, name), {
      metadata: { uid, annotations },
    });
  } catch (error) {
    // The API server calls another uid a change of a field that cannot change.
    const { code, message: said } = asPluginError(error);
    if (code !== 'CONFLICT' && !said.includes('metadata.uid')) throw error;
    const message = `worker "${name}" was replaced by another pod of its name meanwhile`;
    throw new PluginError('CONFLICT', message, { cause: error });
  }
}

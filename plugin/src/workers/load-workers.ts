import { asPluginError, type PluginError } from '../errors.ts';
import { CLUSTER_LABEL, corePath, WORKER_SELECTOR } from '../kube/names.ts';
import type { Pod, StreamCluster } from '../kube/types.ts';
import { clusterPath } from '../operator/operator-api.ts';
import type { WorkerItem } from '../operator/types.ts';
import type { Session } from '../session.ts';
import { workerRows, type WorkerRow } from './worker-row.ts';

export interface LoadedWorkers {
  readonly rows: readonly WorkerRow[];
  /** Why the operator's part is missing. */
  readonly fault: PluginError | undefined;
}

/** With the operator away, what the API server knows. */
export async function loadWorkers(
  { kube, operator }: Session,
  { metadata: { name, namespace = '' } }: StreamCluster,
): Promise<LoadedWorkers> {
  const labelSelector = `${WORKER_SELECTOR},${CLUSTER_LABEL}=${name}`;
  const [pods, asked] = await Promise.all([
    kube.list<Pod>(corePath('pods', namespace), { labelSelector }),
    operator
      .get<{ items: readonly WorkerItem[] }>(clusterPath(namespace, name, '/workers'))
      .then(({ items }) => ({ items, fault: undefined }))
      .catch((error: unknown) => ({ items: [], fault: asPluginError(error) })),
  ]);
  const rows = workerRows({ namespace, cluster: name, pods, items: asked.items });
  return { rows, fault: asked.fault };
}

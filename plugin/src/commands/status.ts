import { asPluginError, type PluginError } from '../errors.ts';
import type { StreamCluster } from '../kube/types.ts';
import type { OperatorAddress } from '../operator/find-operator.ts';
import type { Session } from '../session.ts';
import { streamClusters } from '../stream-clusters.ts';
import { loadWorkers } from '../workers/load-workers.ts';
import type { WorkerRow } from '../workers/worker-row.ts';
import { loadEvents, type EventRow } from './status-events.ts';
import { statusList, statusText } from './status-text.ts';

/** All that is shown of a StreamCluster. */
export interface StatusItem {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number | null;
  readonly spec: StreamCluster['spec'];
  readonly status: StreamCluster['status'];
  readonly operator: OperatorStatus;
  readonly workers: readonly WorkerRow[];
  readonly events: readonly EventRow[];
}

interface OperatorStatus {
  /** NAMESPACE/SERVICE; null: not found. */
  readonly service: string | null;
  readonly isReachable: boolean;
  readonly message: string | null;
}

/** One in full, or a line for each of several. */
export async function status(session: Session, name: string | undefined): Promise<void> {
  const clusters = await streamClusters(session, name);
  const [only] = clusters;
  if (clusters.length > 1 && !session.isJson) {
    session.io.out(statusList(session.io, clusters));
    return;
  }
  const loaded = await Promise.all(clusters.map((cluster) => load(session, cluster)));
  if (session.isJson) session.json({ items: loaded.map(({ item }) => item) });
  else for (const { item } of loaded) session.io.out(statusText(session.io, item));
  const fault = loaded.find((one) => one.fault !== undefined)?.fault;
  if (fault !== undefined && only !== undefined) throw fault;
}

async function load(
  session: Session,
  cluster: StreamCluster,
): Promise<{ readonly item: StatusItem; readonly fault: PluginError | undefined }> {
  const { metadata, spec, status: resourceStatus } = cluster;
  const [{ rows, fault }, events, address] = await Promise.all([
    loadWorkers(session, cluster),
    loadEvents(session, cluster),
    addressOf(session),
  ]);
  const item: StatusItem = {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    generation: metadata.generation ?? null,
    spec: spec ?? {},
    status: resourceStatus ?? {},
    operator: {
      service: address && `${address.namespace}/${address.service}`,
      isReachable: fault === undefined,
      message: fault?.message ?? null,
    },
    workers: rows,
    events,
  };
  return { item, fault };
}

async function addressOf({ operator }: Session): Promise<OperatorAddress | null> {
  try {
    return await operator.address();
  } catch (error) {
    // The call for the workers tells it.
    if (asPluginError(error).code === 'OPERATOR_NOT_FOUND') return null;
    throw error;
  }
}

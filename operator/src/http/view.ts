import type { StreamCluster } from '../api/stream-cluster.ts';
import type { StreamClusterStatus } from '../api/status.ts';
import type { WorkerSighting } from '../fleet/fleet.ts';
import type { RecordedEvent, WorkerInstance } from '../reconcile/runtime.ts';
import type { StreamSource } from './stream-source.ts';

/** What the API shows of one StreamCluster, at the time of the call. */
export interface ClusterView extends StreamSource {
  readonly resource: StreamCluster;
  readonly generation: number;
  readonly status: StreamClusterStatus | undefined;
  /** Ports on which users reach workers. */
  readonly endpoints: { readonly rtmp: number; readonly http: number };
  readonly events: readonly RecordedEvent[];
  instances(): Promise<readonly WorkerInstance[]>;
  sightings(): readonly WorkerSighting[];
}

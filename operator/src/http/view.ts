import type { StreamCluster } from '../api/stream-cluster.ts';
import type { WorkerSighting } from '../fleet/fleet.ts';
import type { RecordedEvent, WorkerInstance } from '../reconcile/runtime.ts';
import type { StreamSource } from './stream-source.ts';

/** What the API shows of one StreamCluster, at the time of the call. */
export interface ClusterView extends StreamSource {
  readonly resource: StreamCluster;
  readonly generation: number;
  /** Of an operator that does not lead: as it was written, which may be in part. */
  readonly status: StreamCluster['status'];
  /** Ports on which users reach workers. */
  readonly endpoints: { readonly rtmp: number; readonly http: number };
  readonly events: readonly RecordedEvent[];
  instances(): Promise<readonly WorkerInstance[]>;
  sightings(): readonly WorkerSighting[];
}

/** The door for the simulation of faults (simulate/src/faults). */
export type { WorkerControl } from '../control/worker-control.ts';
export type { Bucket, BucketChange, BucketLife, BucketWatch, BusLink } from '../fleet/bus-link.ts';
export { totalViewers } from '../fleet/totals.ts';
export { WorkQueue } from '../kube/work-queue.ts';
export { ManagedCluster } from '../managed-cluster.ts';
export { noSessions } from '../sessions/testing/no-sessions.ts';
export { MemoryRuntime } from './memory-runtime.ts';
export { quietLog } from './quiet-log.ts';

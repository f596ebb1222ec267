/** The API server, without any policy of ours. */
export { KubeError } from './api-error.ts';
export { FIELD_MANAGER, KubeClient } from './client.ts';
export type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  JsonPatch,
  KubeClientOptions,
  ListOptions,
  ListPage,
  ObjectName,
  Selection,
  Verb,
  WriteOptions,
} from './client-types.ts';
export {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNamespaceTerminating,
  isNotFound,
  isQuota,
  isRetryable,
  isUnanswered,
  isUnauthorized,
  unknownFields,
} from './error-kinds.ts';
export {
  EventRecorder,
  referenceTo,
  type EventCounts,
  type EventRecorderOptions,
  type EventToRecord,
  type InvolvedObject,
} from './events.ts';
export { holderIdentity, parseHolder, type Holder } from './holder.ts';
export { Informer, type ChangeListener, type InformerOptions } from './informer.ts';
export { kubeConfigLoader, type KubeConfigOptions, type LoadKubeConfig } from './kube-config.ts';
export { LeaderElection, type LeaderElectionOptions } from './lease.ts';
export { listAll, type WholeList } from './list-all.ts';
export { apiVersionOf, resources, type Resource } from './resources.ts';
export type {
  Event,
  Lease,
  NetworkPolicy,
  Node,
  Pod,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceAccount,
  StreamClusterObject,
} from './resources.ts';
export type { ChangeKind, Indexes, IndexOf } from './store.ts';
export { keyOf, objectKey, splitKey } from './wire.ts';
export type { KubeObject, ObjectMeta, OwnerReference, Stored, StoredMeta, Wire } from './wire.ts';
export { WorkQueue, type WorkQueueOptions } from './work-queue.ts';

import type {
  CoreV1Event,
  V1Lease,
  V1NetworkPolicy,
  V1Node,
  V1Pod,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { GROUP, KIND, VERSION } from '../api/stream-cluster.ts';
import type { KubeObject, ObjectMeta, Wire } from './wire.ts';

type Typed<T> = Omit<Wire<T>, 'metadata'> & { readonly metadata?: ObjectMeta };

export type Pod = Typed<V1Pod>;
export type Service = Typed<V1Service>;
export type Secret = Typed<V1Secret>;
export type Node = Typed<V1Node>;
export type Event = Typed<CoreV1Event>;
export type Lease = Typed<V1Lease>;
export type PodDisruptionBudget = Typed<V1PodDisruptionBudget>;
export type NetworkPolicy = Typed<V1NetworkPolicy>;
export type ServiceAccount = Typed<V1ServiceAccount>;

/** As it is stored: `api/parse.ts` tells whether it is one. */
export interface StreamClusterObject extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** A kind of object, and where the API server has it. */
export interface Resource<T extends KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  /** Never there: it carries the type. */
  readonly object?: T;
}

export const resources = {
  pods: core<Pod>('pods', 'Pod'),
  services: core<Service>('services', 'Service'),
  secrets: core<Secret>('secrets', 'Secret'),
  serviceAccounts: core<ServiceAccount>('serviceaccounts', 'ServiceAccount'),
  events: core<Event>('events', 'Event'),
  nodes: { ...core<Node>('nodes', 'Node'), isNamespaced: false } satisfies Resource<Node>,
  leases: namespaced<Lease>('coordination.k8s.io/v1', 'leases', 'Lease'),
  podDisruptionBudgets: namespaced<PodDisruptionBudget>(
    'policy/v1',
    'poddisruptionbudgets',
    'PodDisruptionBudget',
  ),
  networkPolicies: namespaced<NetworkPolicy>(
    'networking.k8s.io/v1',
    'networkpolicies',
    'NetworkPolicy',
  ),
  streamClusters: namespaced<StreamClusterObject>(
    `${GROUP}/${VERSION}`,
    `${KIND.toLowerCase()}s`,
    KIND,
  ),
} as const;

/** The `apiVersion` of its objects. */
export function apiVersionOf({ group, version }: Resource<KubeObject>): string {
  return group === '' ? version : `${group}/${version}`;
}

function core<T extends KubeObject>(plural: string, kind: string): Resource<T> {
  return { group: '', version: 'v1', plural, kind, isNamespaced: true };
}

function namespaced<T extends KubeObject>(
  apiVersion: string,
  plural: string,
  kind: string,
): Resource<T> {
  const [group = '', version = ''] = apiVersion.split('/');
  return { group, version, plural, kind, isNamespaced: true };
}

import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import {
  Informer,
  resources,
  type KubeClient,
  type KubeObject,
  type NetworkPolicy,
  type Node,
  type Pod,
  type PodDisruptionBudget,
  type Resource,
  type Secret,
  type Service,
  type ServiceAccount,
  type Stored,
  type StreamClusterObject,
} from '../kube/mod.ts';
import { CLUSTER_LABEL, MANAGED_SELECTOR } from '../specs/names.ts';

export interface CacheOptions {
  readonly client: KubeClient;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly watchesNodes: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Index by `namespace/cluster`. */
const BY_CLUSTER = 'cluster';

/** All that the operator sees of the API server: the StreamClusters, what it made
 * for them, and the nodes if it may. */
export class Cache {
  readonly streamClusters: Informer<StreamClusterObject>;
  readonly pods: Informer<Pod>;
  readonly secrets: Informer<Secret>;
  readonly services: Informer<Service>;
  readonly serviceAccounts: Informer<ServiceAccount>;
  readonly budgets: Informer<PodDisruptionBudget>;
  readonly policies: Informer<NetworkPolicy>;
  /** Undefined: the operator may not see them. */
  readonly nodes: Informer<Node> | undefined;
  private readonly options: CacheOptions;

  constructor(options: CacheOptions) {
    this.options = options;
    this.streamClusters = this.informer(resources.streamClusters);
    this.pods = this.managed(resources.pods);
    this.secrets = this.managed(resources.secrets);
    this.services = this.managed(resources.services);
    this.serviceAccounts = this.managed(resources.serviceAccounts);
    this.budgets = this.managed(resources.podDisruptionBudgets);
    this.policies = this.managed(resources.networkPolicies);
    this.nodes = options.watchesNodes ? this.allNodes() : undefined;
  }

  /** Resolves when everything was listed once. */
  async start(): Promise<void> {
    const all = this.all();
    for (const informer of all) informer.start();
    await Promise.all(all.map(async (informer) => await informer.synced()));
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map(async (informer) => await informer.close()));
  }

  get hasSynced(): boolean {
    return this.all().every(({ hasSynced }) => hasSynced);
  }

  podsOf(namespace: string, cluster: string): readonly Stored<Pod>[] {
    return this.pods.byIndex(BY_CLUSTER, `${namespace}/${cluster}`);
  }

  secretsOf(namespace: string, cluster: string): readonly Stored<Secret>[] {
    return this.secrets.byIndex(BY_CLUSTER, `${namespace}/${cluster}`);
  }

  /** Told the `namespace/name` of a StreamCluster of which something changed. */
  onChange(listener: (key: string) => void): void {
    this.streamClusters.onChange(listener);
    for (const informer of this.managedOnes()) {
      informer.onChange((_key, _kind, { metadata }) => {
        const cluster = metadata.labels?.[CLUSTER_LABEL];
        if (cluster !== undefined) listener(`${metadata.namespace}/${cluster}`);
      });
    }
    const leaving = new Map<string, string>();
    this.nodes?.onChange((name) => {
      // Heartbeats are nobody's business.
      const { unschedulable, taints } = this.nodes?.get(name)?.spec ?? {};
      const now = JSON.stringify([unschedulable, taints]);
      if (leaving.get(name) === now) return;
      leaving.set(name, now);
      this.tellAll(listener);
    });
  }

  private tellAll(listener: (key: string) => void): void {
    for (const { metadata } of this.streamClusters.list()) {
      listener(`${metadata.namespace}/${metadata.name}`);
    }
  }

  private managedOnes(): Informer<KubeObject>[] {
    const { pods, secrets, services, serviceAccounts, budgets, policies } = this;
    return [pods, secrets, services, serviceAccounts, budgets, policies] as Informer<KubeObject>[];
  }

  private all(): Informer<KubeObject>[] {
    const { streamClusters, nodes } = this;
    const others = nodes === undefined ? [streamClusters] : [streamClusters, nodes];
    return [...(others as Informer<KubeObject>[]), ...this.managedOnes()];
  }

  private managed<T extends KubeObject>(resource: Resource<T>): Informer<T> {
    return this.informer(resource, MANAGED_SELECTOR);
  }

  private informer<T extends KubeObject>(
    resource: Resource<T>,
    labelSelector?: string,
  ): Informer<T> {
    const { client, namespaces, clock, log } = this.options;
    return new Informer<T>({
      ...{ client, resource, namespaces, labelSelector, clock, log },
      indexes: {
        [BY_CLUSTER]: ({ metadata: { namespace, labels = {} } }) => {
          const cluster = labels[CLUSTER_LABEL];
          return cluster === undefined ? undefined : `${namespace}/${cluster}`;
        },
      },
    });
  }

  /** A node's status is long and changes all the time. */
  private allNodes(): Informer<Node> {
    const { client, clock, log } = this.options;
    return new Informer<Node>({
      ...{ client, resource: resources.nodes, clock, log },
      trim: ({ metadata, spec }) => ({ metadata, ...(spec && { spec }) }),
    });
  }
}

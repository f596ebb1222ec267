import type { StreamCluster } from '../api/stream-cluster.ts';
import { resources } from '../kube/mod.ts';
import { disruptionBudget } from '../specs/disruption-budget.ts';
import { networkPolicy } from '../specs/network-policy.ts';
import { serviceAccount } from '../specs/service-account.ts';
import { headlessService, usersService } from '../specs/services.ts';
import type { Cache } from './cache.ts';
import type { Child, Children } from './children.ts';

export interface ClusterChildrenOptions {
  readonly children: Children;
  readonly cache: Cache;
  readonly surroundings: { readonly operatorNamespace: string };
}

/** Everything around the workers of one StreamCluster. */
export class ClusterChildren {
  private readonly options: ClusterChildrenOptions;
  private last: { readonly of: StreamCluster; readonly all: readonly Child[] } | undefined;

  constructor(options: ClusterChildrenOptions) {
    this.options = options;
  }

  async ensure(resource: StreamCluster): Promise<void> {
    if (this.last?.of !== resource) this.last = { of: resource, all: this.wanted(resource) };
    for (const child of this.last.all) await this.options.children.ensure(child);
  }

  private wanted(resource: StreamCluster): readonly Child[] {
    const { cache, surroundings } = this.options;
    const { services, serviceAccounts, budgets, policies } = cache;
    const seesNodes = cache.nodes !== undefined;
    const desired = resource.spec.fixed?.replicas ?? resource.status?.desiredReplicas ?? 1;
    return [
      {
        resource: resources.serviceAccounts,
        informer: serviceAccounts,
        object: serviceAccount(resource),
      },
      ...[usersService(resource), headlessService(resource)].map((object) => {
        return { resource: resources.services, informer: services, object };
      }),
      {
        resource: resources.podDisruptionBudgets,
        informer: budgets,
        object: disruptionBudget(resource, { seesNodes, desired }),
      },
      {
        resource: resources.networkPolicies,
        informer: policies,
        object: networkPolicy(resource, surroundings.operatorNamespace),
      },
    ] as Child[];
  }
}

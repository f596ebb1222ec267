import type { StreamCluster } from '../api/stream-cluster.ts';
import { resources } from '../kube/mod.ts';
import { disruptionBudget } from '../specs/disruption-budget.ts';
import { networkPolicy } from '../specs/network-policy.ts';
import { serviceAccount } from '../specs/service-account.ts';
import { headlessService, usersService } from '../specs/services.ts';
import type { Cache } from './cache.ts';
import type { Children } from './children.ts';

export interface ClusterChildrenRequest {
  readonly resource: StreamCluster;
  readonly cache: Cache;
  readonly surroundings: { readonly operatorNamespace: string };
}

/** Everything around the workers of one StreamCluster. */
export async function ensureChildren(
  children: Children,
  { resource, cache, surroundings }: ClusterChildrenRequest,
): Promise<void> {
  const { services, serviceAccounts, budgets, policies } = cache;
  await children.ensure({
    resource: resources.serviceAccounts,
    informer: serviceAccounts,
    object: serviceAccount(resource),
  });
  for (const object of [usersService(resource), headlessService(resource)]) {
    await children.ensure({ resource: resources.services, informer: services, object });
  }
  const seesNodes = cache.nodes !== undefined;
  const desired = resource.spec.fixed?.replicas ?? resource.status?.desiredReplicas ?? 1;
  await children.ensure({
    resource: resources.podDisruptionBudgets,
    informer: budgets,
    object: disruptionBudget(resource, { seesNodes, desired }),
  });
  await children.ensure({
    resource: resources.networkPolicies,
    informer: policies,
    object: networkPolicy(resource, surroundings.operatorNamespace),
  });
}

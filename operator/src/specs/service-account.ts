import type { StreamCluster } from '../api/stream-cluster.ts';
import type { ServiceAccount } from '../kube/resources.ts';
import { ownedMeta, workersName } from './names.ts';

/** Without rights and without a token: workers do not speak to the API server. */
export function serviceAccount(resource: StreamCluster): ServiceAccount {
  return {
    metadata: ownedMeta(resource, workersName(resource)),
    automountServiceAccountToken: false,
  };
}

import type { StreamCluster } from '../api/stream-cluster.ts';
import type { NetworkPolicy } from '../kube/resources.ts';
import { COMPONENT, OPERATOR_COMPONENT, ownedMeta, workerSelector, workersName } from './names.ts';
import { ADMIN_PORT, GRPC_PORT } from './ports.ts';
import { userPorts } from './user-ports.ts';

/** Namespaces with this label may scrape the workers' metrics. */
const METRICS_LABEL = 'streamcluster.dev/metrics';

interface Port {
  readonly protocol: 'TCP';
  readonly port: number;
}

function tcp(port: number): Port {
  return { protocol: 'TCP', port };
}

/** Media is for everybody; the workers' own ports are for those who need them. */
export function networkPolicy(resource: StreamCluster, operatorNamespace: string): NetworkPolicy {
  const workers = { podSelector: { matchLabels: workerSelector(resource) } };
  const operator = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': operatorNamespace } },
    podSelector: { matchLabels: { [COMPONENT]: OPERATOR_COMPONENT } },
  };
  const scrapers = { namespaceSelector: { matchLabels: { [METRICS_LABEL]: 'true' } } };
  return {
    metadata: ownedMeta(resource, workersName(resource)),
    spec: {
      podSelector: { matchLabels: workerSelector(resource) },
      policyTypes: ['Ingress'],
      ingress: [
        { ports: userPorts(resource).map(({ port }) => tcp(port)) },
        { from: [workers, operator], ports: [tcp(ADMIN_PORT), tcp(GRPC_PORT)] },
        { from: [scrapers], ports: [tcp(ADMIN_PORT)] },
      ],
    },
  };
}

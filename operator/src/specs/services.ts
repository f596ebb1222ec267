import type { StreamCluster } from '../api/stream-cluster.ts';
import type { Service } from '../kube/resources.ts';
import { ACCEPTING_LABEL, ownedMeta, workerSelector, workersName } from './names.ts';
import { ADMIN_PORT, GRPC_PORT } from './ports.ts';
import { userPorts } from './user-ports.ts';

function tcpPort(
  name: string,
  port: number,
): { name: string; port: number; protocol: string; targetPort: string } {
  return { name, port, protocol: 'TCP', targetPort: name };
}

/** The one address of users: new connections go to workers that take them. */
export function usersService(resource: StreamCluster): Service {
  const { type, annotations, externalTrafficPolicy, loadBalancerClass } = resource.spec.service;
  const metadata = ownedMeta(resource, resource.metadata.name);
  return {
    metadata: annotations === undefined ? metadata : { ...metadata, annotations },
    spec: {
      type,
      selector: { ...workerSelector(resource), [ACCEPTING_LABEL]: 'true' },
      ports: userPorts(resource).map(({ name, port }) => tcpPort(name, port)),
      ...(type !== 'ClusterIP' && { externalTrafficPolicy }),
      ...(loadBalancerClass !== undefined && { loadBalancerClass }),
    },
  };
}

/** Every worker by its name, ready or not: for scrapers and for debugging. */
export function headlessService(resource: StreamCluster): Service {
  return {
    metadata: ownedMeta(resource, workersName(resource)),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: workerSelector(resource),
      ports: [tcpPort('admin', ADMIN_PORT), tcpPort('grpc', GRPC_PORT)],
    },
  };
}

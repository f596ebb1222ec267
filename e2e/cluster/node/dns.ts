import fs from 'node:fs';
import path from 'node:path';
import { eventuallyTrue } from '../../src/harness/eventually.ts';
import { binary } from '../binaries.ts';
import type { ClusterAccess } from '../access.ts';
import type { ControlPlane } from '../control-plane.ts';
import { Daemon } from '../daemon.ts';
import { DNS_SERVICE_IP, HOST_ADDRESS } from '../network.ts';
import { freePort } from '../ports.ts';
import type { Record } from '../record.ts';

const READY_MS = 60_000;

export const DNS_USER = 'system:coredns';

/** CoreDNS as a process of this machine, behind the Service that pods ask. */
export async function startDns(
  record: Record,
  cluster: ClusterAccess,
  plane: ControlPlane,
): Promise<Daemon> {
  const port = await freePort(HOST_ADDRESS);
  const ready = `${HOST_ADDRESS}:${await freePort(HOST_ADDRESS)}`;
  const corefile = path.join(record.folder, 'Corefile');
  fs.writeFileSync(
    corefile,
    `.:${port} {
  bind ${HOST_ADDRESS}
  errors
  ready ${ready}
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${plane.kubeconfigOf(DNS_USER)}
    ttl 2
  }
  cache {
    success 1024 2
    denial 1024 1
  }
}
`,
  );
  await cluster.kubectlWith(JSON.stringify(dnsObjects(port)), 'apply', '-f', '-');
  const args = ['-conf', corefile];
  const daemon = new Daemon(record, { name: 'coredns', command: binary('coredns'), args }).start();
  await eventuallyTrue('CoreDNS', READY_MS, async () => {
    daemon.assertRunning();
    return (await fetch(`http://${ready}/ready`)).ok;
  });
  return daemon;
}

function dnsObjects(port: number): object {
  return { apiVersion: 'v1', kind: 'List', items: [...rights(), ...service(port)] };
}

function rights(): object[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: DNS_USER };
  const apiGroup = 'rbac.authorization.k8s.io';
  const verbs = ['list', 'watch'];
  const rules = [
    { apiGroups: [''], resources: ['services', 'pods', 'namespaces', 'endpoints'], verbs },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
  ];
  return [
    { apiVersion, kind: 'ClusterRole', metadata, rules },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'ClusterRole', name: DNS_USER },
      subjects: [{ apiGroup, kind: 'User', name: DNS_USER }],
    },
  ];
}

function service(port: number): object[] {
  const metadata = { name: 'kube-dns', namespace: 'kube-system' };
  const protocols = ['UDP', 'TCP'].map((protocol) => ({
    name: `dns-${protocol.toLowerCase()}`,
    protocol,
  }));
  const spec = {
    clusterIP: DNS_SERVICE_IP,
    ports: protocols.map((entry) => ({ ...entry, port: 53, targetPort: port })),
  };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kube-dns' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [HOST_ADDRESS], conditions: { ready: true } }],
      ports: protocols.map((entry) => ({ ...entry, port })),
    },
  ];
}

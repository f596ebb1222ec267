import fs from 'node:fs';
import path from 'node:path';
import { binary } from '../binaries.ts';
import type { Daemon } from '../daemon.ts';
import { DNS_SERVICE_IP } from '../network.ts';
import { CONTAINERD_SOCKET } from './containerd.ts';
import type { Namespaces } from './namespaces.ts';

export interface KubeletOptions {
  readonly name: string;
  readonly address: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly cgroup: string;
  /** The CPU that is no pod's alone; undefined without pinning. */
  readonly reservedCpu: number | undefined;
  /** How often it looks after each pod, changed Secrets among it; undefined: its own minute. */
  readonly syncSeconds: number | undefined;
}

/** The kubelet's files, made anew at every start of a cluster. */
export function kubeletDaemon(namespaces: Namespaces, options: KubeletOptions): Daemon {
  const { name, address, folder, kubeconfig } = options;
  const config = path.join(folder, 'kubelet.json');
  fs.writeFileSync(config, JSON.stringify(kubeletConfiguration(options)));
  fs.writeFileSync(path.join(folder, 'resolv.conf'), '');
  return namespaces.daemon({
    name: 'kubelet',
    command: binary('kubelet'),
    args: [
      `--config=${config}`,
      `--kubeconfig=${kubeconfig}`,
      `--root-dir=${kubeletRoot(folder)}`,
      `--cert-dir=${path.join(folder, 'kubelet-pki')}`,
      `--hostname-override=${name}`,
      `--node-ip=${address}`,
    ],
  });
}

export function kubeletRoot(nodeFolder: string): string {
  return path.join(nodeFolder, 'kubelet');
}

function kubeletConfiguration(options: KubeletOptions): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: options.caFile },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${options.cgroup}`,
    enforceNodeAllocatable: ['pods'],
    clusterDNS: [DNS_SERVICE_IP],
    clusterDomain: 'cluster.local',
    // Names of the world outside are not resolved.
    resolvConf: path.join(options.folder, 'resolv.conf'),
    volumePluginDir: path.join(options.folder, 'volume-plugins'),
    maxPods: 110,
    failSwapOn: false,
    oomScoreAdj: 0,
    maxOpenFiles: 20_000,
    // The machine's disk is not ours: its fill level evicts nothing.
    evictionHard: { 'memory.available': '50Mi' },
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: '5s',
    nodeLeaseDurationSeconds: 20,
    ...(options.syncSeconds !== undefined && { syncFrequency: `${options.syncSeconds}s` }),
    ...pinning(options.reservedCpu),
  };
}

function pinning(reservedCpu: number | undefined): object {
  if (reservedCpu === undefined) return { cpuManagerPolicy: 'none' };
  return {
    cpuManagerPolicy: 'static',
    reservedSystemCPUs: String(reservedCpu),
    topologyManagerPolicy: 'single-numa-node',
  };
}

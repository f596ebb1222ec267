import fs from 'node:fs';
import path from 'node:path';
import { eventually } from '../../src/harness/eventually.ts';
import { podSubnet } from '../network.ts';
import type { Daemon } from '../daemon.ts';
import { PAUSE_IMAGE } from './names.ts';
import type { Namespaces } from './namespaces.ts';

const READY_MS = 30_000;

/** In the node's own /run. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

/** containerd of one node, and how it connects pods. */
export async function startContainerd(
  namespaces: Namespaces,
  folder: string,
  index: number,
): Promise<Daemon> {
  const cni = path.join(folder, 'cni');
  fs.mkdirSync(cni, { recursive: true });
  fs.writeFileSync(path.join(cni, '10-test.conflist'), network(index));
  const config = path.join(folder, 'containerd.toml');
  fs.writeFileSync(config, containerdConfig(folder, cni));
  const daemon = namespaces.daemon({
    name: 'containerd',
    command: 'containerd',
    args: ['--config', config],
  });
  daemon.start();
  await eventually('containerd', READY_MS, () => {
    daemon.assertRunning();
    return namespaces.exec('ctr', '--address', CONTAINERD_SOCKET, 'version');
  });
  return daemon;
}

/** Gives containerd the images of an archive. */
export async function importImage(namespaces: Namespaces, archive: string): Promise<void> {
  const ctr = ['ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io'] as const;
  await namespaces.exec(...ctr, 'images', 'import', '--all-platforms', archive);
}

function containerdConfig(folder: string, cni: string): string {
  return `
version = 2
root = "${folder}/containerd"
state = "/run/containerd"

[grpc]
  address = "${CONTAINERD_SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  stream_server_port = "0"
  # A machine may forbid to lower it, even to root.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${cni}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false

[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
`;
}

function network(index: number): string {
  const ipam = {
    type: 'host-local',
    dataDir: '/run/cni',
    ranges: [[{ subnet: podSubnet(index) }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'test',
    plugins: [
      { type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
}

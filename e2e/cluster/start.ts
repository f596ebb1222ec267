import { eventually } from '../src/harness/eventually.ts';
import { buildBinaries } from './binaries.ts';
import { ADMIN, ControlPlane } from './control-plane.ts';
import { FakeNodes } from './fake-nodes.ts';
import { Janitor } from './janitor-process.ts';
import { RealNodes } from './node/real-nodes.ts';
import { Record } from './record.ts';
import { tearDown } from './tear-down.ts';
import { TestCluster } from './test-cluster.ts';

const READY_MS = 60_000;
const CONTROL_PLANE = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'];

/** What programs each level needs. */
const PROGRAMS = {
  api: CONTROL_PLANE,
  kwok: [...CONTROL_PLANE, 'kube-scheduler', 'kwok'],
  node: [...CONTROL_PLANE, 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns'],
} as const;

/**
 * api: etcd, API server, controller manager. kwok: also a scheduler and fake nodes.
 * node: a scheduler and two real nodes that run containers.
 */
export type Level = keyof typeof PROGRAMS;
export const LEVELS = Object.keys(PROGRAMS) as Level[];

export interface ClusterOptions {
  readonly level: Level;
  /** At level node: each node gives one CPU to one pod alone, if the pod asks for a whole one. */
  readonly pinned?: boolean;
  /** At level node: how often kubelets look after each pod, instead of once a minute. */
  readonly kubeletSyncSeconds?: number;
  readonly log?: (line: string) => void;
}

/** Starts a cluster; it ends with `stop()`, or with this process. */
export async function startCluster(options: ClusterOptions): Promise<TestCluster> {
  const { level, log = () => undefined } = options;
  await buildBinaries(PROGRAMS[level], log);
  const record = Record.create();
  const janitor = Janitor.hire(record);
  log(`cluster of level ${level} in ${record.folder}`);
  try {
    return await startParts(options, record, janitor);
  } catch (error) {
    await tearDown(record);
    await janitor.dismiss();
    RealNodes.release();
    throw error;
  }
}

async function startParts(
  { level, pinned = false, kubeletSyncSeconds, log = () => undefined }: ClusterOptions,
  record: Record,
  janitor: Janitor,
): Promise<TestCluster> {
  const nodes = { record, pinned, kubeletSyncSeconds, log };
  const realNodes = level === 'node' ? await RealNodes.prepare(nodes) : undefined;
  const plane = await ControlPlane.start({
    record,
    host: realNodes?.hostAddress ?? '127.0.0.1',
    scheduler: level !== 'api',
    users: realNodes?.users,
  });
  log(`API server ready at ${plane.apiServer.url}`);
  const fakeNodes =
    level === 'kwok' ? await FakeNodes.start(record, plane.kubeconfigOf(ADMIN)) : undefined;
  const cluster = new TestCluster({ record, janitor, plane, fakeNodes, realNodes });
  // Before that, pods are refused.
  await eventually('service accounts', READY_MS, () =>
    cluster.kubectl('get', 'serviceaccount', 'default'),
  );
  await realNodes?.start(cluster, plane);
  return cluster;
}

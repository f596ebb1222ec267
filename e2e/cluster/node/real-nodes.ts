import os from 'node:os';
import path from 'node:path';
import type { ClusterAccess } from '../access.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Daemon } from '../daemon.ts';
import { FileLock } from '../file-lock.ts';
import { pauseArchive } from '../image/pause.ts';
import { HOST_ADDRESS } from '../network.ts';
import { installPackages } from '../packages.ts';
import type { Record } from '../record.ts';
import { DNS_USER, startDns } from './dns.ts';
import { createBridge } from './links.ts';
import { Node, type NodeOptions } from './node.ts';

const INDEXES = [1, 2];
const READY = '120s';

/** Nodes have fixed addresses: one cluster with nodes at a time on a machine. */
const LOCK = new FileLock(path.join(os.tmpdir(), 'streamcluster-nodes.lock'));

export interface RealNodesOptions extends Pick<NodeOptions, 'pinned' | 'kubeletSyncSeconds'> {
  readonly record: Record;
  readonly log: (line: string) => void;
}

/** Two nodes on a network of their own with this machine, and the cluster's DNS. */
export class RealNodes {
  readonly nodes: readonly Node[];
  readonly hostAddress = HOST_ADDRESS;
  /** Who needs a token from the start. */
  readonly users: ReadonlyMap<string, string>;
  private readonly record: Record;
  private dns: Daemon | undefined;

  private constructor(record: Record, nodes: readonly Node[]) {
    this.record = record;
    this.nodes = nodes;
    this.users = new Map([
      ['system:kube-proxy', ''],
      [DNS_USER, ''],
      ...nodes.map(({ name }) => [`system:node:${name}`, 'system:nodes'] as const),
    ]);
  }

  /** Makes the network; the API server will listen there. */
  static async prepare({ record, log, ...options }: RealNodesOptions): Promise<RealNodes> {
    await installPackages();
    const archive = await pauseArchive();
    await LOCK.acquire(() => log('waiting for another cluster with nodes to end'));
    await createBridge(record);
    const nodes = INDEXES.map(
      (index) => new Node({ ...options, record, index, pauseArchive: archive }),
    );
    return new RealNodes(record, nodes);
  }

  /** Resolves when both nodes are ready for pods. */
  async start(cluster: ClusterAccess, plane: ControlPlane): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start(plane)));
    this.dns = await startDns(this.record, cluster, plane);
    const names = this.nodes.map(({ name }) => `node/${name}`);
    await cluster.kubectl('wait', '--for=create', `--timeout=${READY}`, ...names);
    await cluster.kubectl('wait', '--for=condition=Ready', `--timeout=${READY}`, ...names);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.powerOff()));
    await this.dns?.stop();
  }

  /** To be called when nothing is left of them. */
  static release(): void {
    LOCK.release();
  }
}

import type { ClusterAccess } from './access.ts';
import { binary } from './binaries.ts';
import { Daemon } from './daemon.ts';
import { freePort } from './ports.ts';
import type { Record } from './record.ts';

const READY = '300s';
const ANNOTATION = 'kwok.x-k8s.io/node';

/** Nodes that kwok plays: pods on them become ready at once, and run nothing. */
export class FakeNodes {
  private readonly daemon: Daemon;
  private count = 0;

  private constructor(daemon: Daemon) {
    this.daemon = daemon;
  }

  static async start(record: Record, kubeconfig: string): Promise<FakeNodes> {
    const daemon = new Daemon(record, {
      name: 'kwok',
      command: binary('kwok'),
      args: [
        `--kubeconfig=${kubeconfig}`,
        `--config=${binary('kwok-stages.yaml')}`,
        `--manage-nodes-with-annotation-selector=${ANNOTATION}=fake`,
        '--node-lease-duration-seconds=40',
        '--cidr=10.240.0.0/12',
        `--server-address=127.0.0.1:${await freePort()}`,
      ],
    });
    return new FakeNodes(daemon.start());
  }

  /** Names of the new nodes, once all are ready. */
  async add(cluster: ClusterAccess, count: number): Promise<string[]> {
    const names = Array.from({ length: count }, (_, index) => `fake-${this.count + index + 1}`);
    this.count += count;
    const list = { apiVersion: 'v1', kind: 'List', items: names.map(fakeNode) };
    await cluster.kubectlWith(JSON.stringify(list), 'create', '-f', '-');
    const nodes = ['node', '--selector', 'type=kwok'];
    await cluster.kubectl('wait', '--for=condition=Ready', `--timeout=${READY}`, ...nodes);
    return names;
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
  }
}

function fakeNode(name: string): object {
  const room = { cpu: '32', memory: '256Gi', pods: '110', 'ephemeral-storage': '1Ti' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { [ANNOTATION]: 'fake' },
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        type: 'kwok',
      },
    },
    status: { allocatable: room, capacity: room },
  };
}

import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { TestCluster as Figures } from '../../operator/src/http/testing/cluster-view.ts';
import { serveViews } from '../../operator/src/http/testing/serve.ts';
import type { ClusterView } from '../../operator/src/http/view.ts';
import { streamInfo } from '../../operator/src/testing/reports.ts';
import { MemoryIo } from '../../plugin/src/testing/memory-io.ts';
import { run } from '../../plugin/src/run.ts';
import { type TestCluster, startCluster } from '../cluster/mod.ts';
import { eventually } from '../src/harness/eventually.ts';
import { installCrd } from './harness/crd.ts';

export const NAMESPACE = 'media';
const OPERATOR_NAMESPACE = 'streamcluster-system';
const PATIENCE_MS = 30_000;

type Server = Awaited<ReturnType<typeof serveViews>>;

export interface Called {
  readonly code: number;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly errors: string;
}

/** Plugin and operator's API on a real API server; pods that nobody runs. */
export class PluginRig {
  readonly cluster: TestCluster;
  readonly figures = new Figures('{fixed: {replicas: 2}}');
  private readonly http: Server;

  private constructor(cluster: TestCluster, http: Server, views: ClusterView[]) {
    this.cluster = cluster;
    this.http = http;
    views.push(viewAs(this.figures, 'live'));
  }

  static async start(): Promise<PluginRig> {
    const cluster = await startCluster({ level: 'api' });
    const views: ClusterView[] = [];
    const http = await serveViews(() => views);
    const rig = new PluginRig(cluster, http, views);
    await rig.install();
    return rig;
  }

  async stop(): Promise<void> {
    await this.http.close();
    await this.cluster.stop();
  }

  /** As a user's terminal would do it; `whenAsleep` is called while it waits. */
  async call(args: readonly string[], whenAsleep = () => Promise.resolve()): Promise<Called> {
    const io = new WaitingIo(whenAsleep);
    const all = ['--kubeconfig', this.cluster.kubeconfig, '-n', NAMESPACE, ...args];
    const code = await run(all, io);
    return { code, text: io.text, bytes: io.bytes, errors: io.errors };
  }

  async apply(...objects: object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await this.cluster.kubectlWith(JSON.stringify(list), 'apply', '--server-side', '-f', '-');
  }

  /** A pod that is ready, as far as anyone can tell. */
  async addWorker(name: string, load: number): Promise<void> {
    await this.apply(workerPod(name));
    await this.setPhase(name, 'Running');
    await this.figures.runtime.create(0);
    const instance = this.figures.runtime.instances.get('w-0');
    if (instance === undefined) throw new Error('no instance was made');
    this.figures.runtime.instances.delete('w-0');
    this.figures.runtime.instances.set(name, { ...instance, name });
    const topStreams = [streamInfo(`live/${name}`, { viewers: { flv: 3 } })];
    const viewersByProtocol = { flv: 3 };
    this.figures.report(name, { loopUtilization: load, topStreams, viewersByProtocol });
    this.figures.publish(`live/${name}`, name);
  }

  async setPhase(name: string, phase: string): Promise<void> {
    const conditions = [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False' }];
    await this.patch(`pod/${name}`, { status: { phase, conditions } }, '--subresource=status');
  }

  async patch(target: string, patch: object, ...more: string[]): Promise<void> {
    const type = ['--type=merge', '-p', JSON.stringify(patch)];
    await this.cluster.kubectl('patch', '-n', NAMESPACE, target, ...type, ...more);
  }

  async drainAnnotation(pod: string): Promise<string | undefined> {
    const { metadata } = await this.cluster.kubectlJson<{
      metadata: { annotations?: Record<string, string> };
    }>('get', '-n', NAMESPACE, 'pod', pod);
    return metadata.annotations?.['streamcluster.dev/drain'];
  }

  /** A Service whose only endpoint is the operator's API in this process. */
  private async install(): Promise<void> {
    const { cluster } = this;
    const ip = ownAddress();
    await this.http.listen({ host: ip, port: 0 });
    const { port } = this.http.server.address() as AddressInfo;
    await installCrd(cluster);
    for (const name of [NAMESPACE, OPERATOR_NAMESPACE]) await cluster.kubectl('create', 'ns', name);
    const labels = { 'app.kubernetes.io/name': 'streamcluster-operator' };
    const metadata = { name: 'sc-operator', namespace: OPERATOR_NAMESPACE, labels };
    // The proxy goes only where a pod has the address.
    const targetRef = { kind: 'Pod', name: 'sc-operator', namespace: OPERATOR_NAMESPACE };
    const containers = [{ name: 'operator', image: 'operator:0.1.0' }];
    const spec = { automountServiceAccountToken: false, containers };
    await this.apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
    const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }] };
    await cluster.kubectl(
      ...['patch', '-n', OPERATOR_NAMESPACE, 'pod/sc-operator', '--subresource=status'],
      ...['--type=merge', '-p', JSON.stringify({ status })],
    );
    await this.apply(
      {
        ...{ apiVersion: 'v1', kind: 'Service', metadata },
        spec: { clusterIP: 'None', ports: [{ name: 'http', port: 8088 }] },
      },
      {
        ...{ apiVersion: 'v1', kind: 'Endpoints', metadata },
        subsets: [{ addresses: [{ ip, targetRef }], ports: [{ name: 'http', port }] }],
      },
    );
    const wanted = { fixed: { replicas: 2 } };
    await eventually('a StreamCluster can be made', PATIENCE_MS, async () => {
      await this.apply(streamCluster('live', wanted));
      return true;
    });
  }
}

export function streamCluster(name: string, spec: object): object {
  const metadata = { name, namespace: NAMESPACE };
  return { apiVersion: 'streamcluster.dev/v1alpha1', kind: 'StreamCluster', metadata, spec };
}

function workerPod(name: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: {
      ...{ name, namespace: NAMESPACE },
      labels: {
        'app.kubernetes.io/name': 'streamcluster-worker',
        'streamcluster.dev/cluster': 'live',
      },
    },
    spec: {
      automountServiceAccountToken: false,
      containers: [
        {
          ...{ name: 'worker', image: 'worker:0.1.0' },
          env: [{ name: 'HOOK_TOKEN', value: 'Tr0ub4dor' }],
        },
      ],
    },
  };
}

function viewAs(figures: Figures, name: string): ClusterView {
  const view = figures.view();
  const metadata = { ...view.resource.metadata, name, namespace: NAMESPACE };
  return { ...view, resource: { ...view.resource, metadata } };
}

/** Endpoints may not be on loopback. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  const found = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (found === undefined) throw new Error('this machine has no address but loopback');
  return found.address;
}

class WaitingIo extends MemoryIo {
  private readonly whenAsleep: () => Promise<void>;

  constructor(whenAsleep: () => Promise<void>) {
    super();
    this.nowMs = Date.now();
    this.whenAsleep = whenAsleep;
  }

  override async sleep(ms: number): Promise<void> {
    await super.sleep(ms);
    await this.whenAsleep();
  }
}

import fs from 'node:fs';
import path from 'node:path';
import YAML from 'yaml';
import {
  attach,
  projectImages,
  startCluster,
  type ClusterAccess,
  type Node,
  type TestCluster,
} from '../../cluster/mod.ts';
import { eventually } from '../../src/harness/eventually.ts';
import { ROOT, scratchFolder } from '../../src/harness/paths.ts';

export const SYSTEM = 'streamcluster-system';
const RELEASE = 'sc';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface Status {
  readonly phase?: string;
  readonly desiredReplicas?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly updatedReplicas?: number;
  readonly draining?: number;
  readonly streams?: number;
  readonly viewers?: number;
  readonly conditions?: readonly Condition[];
}

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export interface InstallationOptions {
  readonly pinned: boolean;
  /** How often kubelets look after each pod, instead of once a minute. */
  readonly kubeletSyncSeconds?: number;
  /** Values of the chart, beside those that tests need. */
  readonly values?: object;
}

const INSTALLED = '180s';
const POLL_MS = 200;

/** The chart on two real nodes, as a user has it. */
export class Installation {
  readonly cluster: ClusterAccess;
  private readonly own: TestCluster | undefined;

  private constructor(cluster: ClusterAccess, own: TestCluster | undefined) {
    this.cluster = cluster;
    this.own = own;
  }

  /** The real nodes of a cluster that was started here. */
  get nodes(): readonly Node[] {
    return this.own?.nodes ?? [];
  }

  /** On the cluster of SC_E2E_KUBECONFIG, which has the images, if that is set. */
  static async start({ values = {}, ...nodes }: InstallationOptions): Promise<Installation> {
    const given = process.env['SC_E2E_KUBECONFIG'];
    if (given !== undefined) {
      const installation = new Installation(attach(given), undefined);
      await installation.install(values);
      return installation;
    }
    const images = await projectImages();
    const cluster = await startCluster({ level: 'node', ...nodes });
    const installation = new Installation(cluster, cluster);
    try {
      for (const archive of images) await cluster.loadImage(archive);
      await installation.install(values);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return installation;
  }

  /** `helm upgrade --install` of a chart; ours unless it is said otherwise. */
  async install(values: object, chart = path.join(ROOT, 'charts/streamcluster')): Promise<void> {
    const file = path.join(scratchFolder('values'), 'values.yaml');
    fs.writeFileSync(file, YAML.stringify({ ...VALUES, ...values }));
    await this.cluster.helm(
      ...['upgrade', '--install', RELEASE, chart, '--namespace', SYSTEM, '--create-namespace'],
      ...['--values', file, '--wait', '--timeout', INSTALLED],
    );
  }

  async stop(): Promise<void> {
    await this.own?.stop();
  }

  async apply(name: string, spec: object): Promise<void> {
    const resource = {
      apiVersion: 'streamcluster.dev/v1alpha1',
      kind: 'StreamCluster',
      metadata: { name, namespace: 'default' },
      spec,
    };
    await this.cluster.kubectlWith(JSON.stringify(resource), 'apply', '-f', '-');
  }

  async remove(name: string): Promise<void> {
    await this.cluster.kubectl('delete', 'streamcluster', name, '--wait=false');
    await this.until('workers gone', 120_000, async () => (await this.pods(name)).length === 0);
  }

  async status(name: string): Promise<Status> {
    type Resource = { readonly status?: Status };
    return (await this.cluster.kubectlJson<Resource>('get', 'streamcluster', name)).status ?? {};
  }

  /** Worker pods that are not being deleted and have not ended. */
  async pods(name: string): Promise<Pod[]> {
    type List = { readonly items: readonly Pod[] };
    const selector = `streamcluster.dev/cluster=${name}`;
    const { items } = await this.cluster.kubectlJson<List>('get', 'pods', '-l', selector);
    return items.filter(({ metadata, status }) => {
      return metadata.deletionTimestamp === undefined && status.phase !== 'Succeeded';
    });
  }

  /** Names, uids and restarts: equal when nobody was replaced or restarted. */
  async incarnations(name: string): Promise<string[]> {
    const pods = await this.pods(name);
    return pods
      .map(({ metadata, status }) => {
        return `${metadata.name} ${metadata.uid} ${status.containerStatuses?.[0]?.restartCount ?? 0}`;
      })
      .sort();
  }

  /** Waits until so many workers are wanted, there and ready; the time it took. */
  async ready(name: string, replicas: number, timeoutMs: number): Promise<number> {
    const startMs = performance.now();
    await this.until(`${replicas} workers ready`, timeoutMs, async () => {
      const status = await this.status(name);
      const isSettled = status.draining === 0 && status.replicas === replicas;
      return isSettled && status.readyReplicas === replicas && status.desiredReplicas === replicas;
    });
    return performance.now() - startMs;
  }

  /** The address of the Service, reachable from this machine. */
  async address(name: string): Promise<string> {
    const path = ['-o', 'jsonpath={.spec.clusterIP}'] as const;
    return await this.cluster.kubectl('get', 'service', name, ...path);
  }

  async until(what: string, timeoutMs: number, probe: () => Promise<boolean>): Promise<void> {
    await eventually(what, timeoutMs, async () => {
      if (await probe()) return true;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      return undefined;
    });
  }

  /** All that helps to understand a failure. */
  async describe(name: string): Promise<string> {
    const parts = await Promise.all(
      [
        ['get', 'streamcluster', name, '-o', 'yaml'],
        ['get', 'pods', '-A', '-o', 'wide'],
        ['get', 'events', '-A', '--sort-by=.lastTimestamp'],
        ['logs', '-n', SYSTEM, '-l', 'app.kubernetes.io/name=streamcluster-operator', '--tail=60'],
      ].map(async (args) => await this.cluster.kubectl(...args).catch(String)),
    );
    return parts.join('\n---\n');
  }
}

/** Small, without volumes, and of the images that were built here. */
const VALUES = {
  image: {
    operator: 'streamcluster-operator:e2e',
    worker: 'streamcluster-worker:e2e',
    pullPolicy: 'Never',
  },
  operator: {
    replicas: 2,
    logLevel: 'debug',
    // Pinned workers need whole CPUs: there is one on each node.
    resources: { requests: { cpu: '0', memory: '64Mi' }, limits: { memory: '512Mi' } },
  },
  nats: {
    image: 'streamcluster-nats:e2e',
    storage: { enabled: false },
    resources: { requests: { cpu: '0', memory: '32Mi' }, limits: { memory: '256Mi' } },
  },
};

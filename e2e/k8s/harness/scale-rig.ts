import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamClusterStatus } from '../../../operator/src/api/status.ts';
import { resources, type KubeClient, type KubeObject } from '../../../operator/src/kube/mod.ts';
import { bucketName } from '../../../operator/src/specs/names.ts';
import { TestNats } from '../../../operator/src/testing/nats-server.ts';
import { startCluster, type TestCluster } from '../../cluster/mod.ts';
import { scratchFolder } from '../../src/harness/paths.ts';
import { clientOf } from '../kube-rig.ts';
import { installCrd } from './crd.ts';
import { FakeWorkers } from './fake-workers.ts';
import { OperatorProcess } from './operator-process.ts';

const NAMESPACE = 'scale';
const SYSTEM = 'streamcluster-system';
const NATS_MS = 1_000;
const POLL_MS = 500;

export interface ScaleRigOptions {
  readonly nodes: number;
}

export interface StreamClusterNow {
  readonly name: string;
  readonly bucket: string;
  readonly generation: number;
  readonly status: StreamClusterStatus | undefined;
}

/** An operator, a NATS and fake workers on nodes that run nothing. */
export class ScaleRig {
  readonly cluster: TestCluster;
  readonly client: KubeClient;
  readonly nats: TestNats;
  readonly operator: OperatorProcess;
  readonly workers: FakeWorkers;
  readonly nodes: readonly string[];
  private readonly natsFolder: string;

  private constructor(parts: Pick<ScaleRig, 'cluster' | 'client' | 'nats' | 'operator'> & Rest) {
    this.cluster = parts.cluster;
    this.client = parts.client;
    this.nats = parts.nats;
    this.operator = parts.operator;
    this.workers = parts.workers;
    this.nodes = parts.nodes;
    this.natsFolder = parts.natsFolder;
  }

  static async start({ nodes: count }: ScaleRigOptions): Promise<ScaleRig> {
    const cluster = await startCluster({ level: 'kwok' });
    const natsFolder = scratchFolder('nats');
    const nats = await TestNats.prepare(natsFolder);
    nats.start();
    const [nodes] = await Promise.all([cluster.addFakeNodes(count), prepare(cluster)]);
    const { kubeconfig } = cluster;
    await sleep(NATS_MS);
    const operator = await OperatorProcess.start({
      ...{ kubeconfig, natsUrl: nats.url },
      flags: { 'log-level': 'info' },
    });
    const workers = await FakeWorkers.start({ kubeconfig, natsUrl: nats.url });
    const { client } = clientOf(kubeconfig);
    return new ScaleRig({ cluster, client, nats, operator, workers, nodes, natsFolder });
  }

  async stop(): Promise<void> {
    await Promise.all([this.workers.stop(), this.operator.stop()]);
    this.client.close();
    await this.nats.stop();
    fs.rmSync(this.natsFolder, { recursive: true, force: true });
    await this.cluster.stop();
  }

  async create(name: string, spec: object): Promise<void> {
    const object = { metadata: { namespace: NAMESPACE, name }, spec };
    await this.client.create<KubeObject>(resources.streamClusters, object);
  }

  async patch(name: string, spec: object): Promise<void> {
    const target = { namespace: NAMESPACE, name };
    await this.client.patch<KubeObject>(resources.streamClusters, target, { spec });
  }

  async now(): Promise<StreamClusterNow[]> {
    const { items } = await this.client.list(resources.streamClusters, { namespace: NAMESPACE });
    return items.map(({ metadata, status }) => ({
      name: metadata.name,
      bucket: bucketName(metadata.uid),
      generation: metadata.generation ?? 0,
      status: status as StreamClusterStatus | undefined,
    }));
  }

  /** Names of pods of workers that nobody has deleted. */
  async pods(): Promise<string[]> {
    const { items } = await this.client.list(resources.pods, { namespace: NAMESPACE });
    const kept = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return kept.map(({ metadata }) => metadata.name);
  }

  /** Seconds until it holds for all; rejects with those for which it does not. */
  async secondsUntil(
    what: string,
    timeoutMs: number,
    holds: (one: StreamClusterNow) => boolean,
  ): Promise<number> {
    const startMs = performance.now();
    for (;;) {
      const left = (await this.now()).filter((one) => !holds(one));
      const sinceMs = performance.now() - startMs;
      if (left.length === 0) return sinceMs / 1_000;
      if (sinceMs > timeoutMs) {
        const seen = JSON.stringify(left.slice(0, 3).map(({ name, status }) => [name, status]));
        const said = this.operator.child.output.slice(-3_000);
        throw new Error(`not within ${timeoutMs} ms: ${what}; ${left.length}, as ${seen}\n${said}`);
      }
      await sleep(POLL_MS);
    }
  }
}

interface Rest {
  readonly workers: FakeWorkers;
  readonly nodes: readonly string[];
  readonly natsFolder: string;
}

/** What a chart would have made. */
async function prepare(cluster: TestCluster): Promise<void> {
  await installCrd(cluster);
  for (const name of [SYSTEM, NAMESPACE]) await cluster.kubectl('create', 'namespace', name);
}

/** All wanted workers of the newest version are ready, and nobody else is there. */
export function isSettled(replicas: number): (one: StreamClusterNow) => boolean {
  return ({ status, generation }) =>
    status?.phase === 'Ready' &&
    status.observedGeneration === generation &&
    status.readyReplicas === replicas &&
    status.replicas === replicas &&
    status.draining === 0;
}

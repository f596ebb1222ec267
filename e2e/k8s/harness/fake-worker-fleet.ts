import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { realClock } from '../../../operator/src/clock.ts';
import {
  Informer,
  isConflict,
  isNotFound,
  keyOf,
  resources,
  type KubeClient,
  type Node,
  type Pod,
  type Secret,
  type Stored,
} from '../../../operator/src/kube/mod.ts';
import {
  CLUSTER_LABEL,
  COMPONENT,
  MANAGED_SELECTOR,
  WORKER_COMPONENT,
} from '../../../operator/src/specs/names.ts';
import type { Pem } from './fake-worker-server.ts';
import { FakeWorker } from './fake-worker.ts';
import {
  IDLE,
  matches,
  type Behaviour,
  type FakeCounts,
  type FakeWorkerState,
  type Selection,
  type WorkerName,
} from './fake-worker-types.ts';

export interface FakeWorkerFleetOptions {
  readonly client: KubeClient;
  readonly nats: NatsConnection;
  readonly log: Logger;
}

interface Speaker {
  readonly uid: string;
  readonly name: WorkerName;
  readonly worker: FakeWorker;
}

/** A fake worker for every pod of a worker that runs on a node that is there. */
export class FakeWorkerFleet {
  private readonly options: FakeWorkerFleetOptions;
  private readonly pods: Informer<Pod>;
  private readonly secrets: Informer<Secret>;
  private readonly nodes: Informer<Node>;
  private readonly speakers = new Map<string, Speaker>();
  /** Processes that have ended: their pods may be there for longer. */
  private readonly ended = new Set<string>();
  private readonly rules: { readonly of: Selection; readonly be: Partial<Behaviour> }[] = [];
  private readonly counted = { reports: 0, configures: 0, drains: 0, undrains: 0, finished: 0 };

  constructor(options: FakeWorkerFleetOptions) {
    this.options = options;
    const base = { client: options.client, log: options.log, clock: realClock };
    const managed = { ...base, labelSelector: MANAGED_SELECTOR };
    const pods = `${MANAGED_SELECTOR},${COMPONENT}=${WORKER_COMPONENT}`;
    this.pods = new Informer({ ...base, resource: resources.pods, labelSelector: pods });
    this.secrets = new Informer({ ...managed, resource: resources.secrets });
    this.nodes = new Informer({ ...base, resource: resources.nodes });
  }

  async start(): Promise<void> {
    const { pods, secrets, nodes } = this;
    pods.onChange((key) => this.look(key));
    // A worker's Secret has the name of its pod.
    secrets.onChange((key) => this.look(key));
    nodes.onChange((name) => this.nodeChanged(name));
    for (const informer of [pods, secrets, nodes]) informer.start();
    await Promise.all([pods.synced(), secrets.synced(), nodes.synced()]);
    for (const pod of pods.list()) this.look(keyOf(pod));
  }

  async close(): Promise<void> {
    for (const key of [...this.speakers.keys()]) this.silence(key);
    await Promise.all([this.pods.close(), this.secrets.close(), this.nodes.close()]);
  }

  /** For those that are there and those that will be; what was said later wins. */
  set(of: Selection, be: Partial<Behaviour>): void {
    this.rules.push({ of, be });
  }

  get states(): FakeWorkerState[] {
    return [...this.speakers.values()].map(({ worker }) => worker.state);
  }

  get counts(): FakeCounts {
    return { ...this.counted };
  }

  private look(key: string): void {
    const pod = this.pods.get(key);
    const known = this.speakers.get(key);
    const speaks = pod !== undefined && this.isRunning(pod);
    if (known !== undefined && (!speaks || known.uid !== pod.metadata.uid)) this.silence(key);
    if (!speaks || this.speakers.has(key) || this.ended.has(pod.metadata.uid)) return;
    const pem = pemOf(this.secrets.get(key));
    if (pem !== undefined) this.speak(key, pod, pem);
  }

  private isRunning({ status, spec }: Stored<Pod>): boolean {
    if (status?.phase !== 'Running') return false;
    const node = this.nodes.get(spec?.nodeName ?? '');
    return node?.status?.conditions?.some(isReady) ?? false;
  }

  private nodeChanged(name: string): void {
    const isThere = this.nodes.get(name)?.status?.conditions?.some(isReady) ?? false;
    for (const pod of this.pods.list()) {
      const key = keyOf(pod);
      if (pod.spec?.nodeName === name && this.speakers.has(key) !== isThere) this.look(key);
    }
  }

  private speak(key: string, { metadata }: Stored<Pod>, pem: Pem): void {
    const { nats, log } = this.options;
    const { namespace, name: pod, uid, labels = {} } = metadata;
    const name = { namespace, cluster: labels[CLUSTER_LABEL] ?? '', pod };
    const worker = new FakeWorker({
      name,
      behaviour: () => this.behaviourOf(name),
      publish: (subject, payload) => nats.publish(subject, payload),
      count: (what) => {
        this.counted[what] += 1;
      },
      onEmpty: () => void this.finish(key),
    });
    for (const other of this.speakers.values()) {
      if (matches(other.name, { namespace, cluster: name.cluster })) other.worker.greet();
    }
    this.speakers.set(key, { uid, name, worker });
    worker.start(pem).catch((error: unknown) => {
      log.error({ worker: pod, err: error }, 'fake worker does not start');
    });
  }

  private silence(key: string): void {
    this.speakers.get(key)?.worker.close();
    this.speakers.delete(key);
  }

  /** As a real one that ends with 0 under restartPolicy OnFailure. */
  private async finish(key: string): Promise<void> {
    const speaker = this.speakers.get(key);
    if (speaker === undefined) return;
    const { uid, name } = speaker;
    this.ended.add(uid);
    this.silence(key);
    this.counted.finished += 1;
    const terminated = { exitCode: 0, reason: 'Completed', finishedAt: new Date().toISOString() };
    const container = { name: 'worker', image: '', imageID: '', restartCount: 0, ready: false };
    const containerStatuses = [{ ...container, state: { terminated } }];
    const patch = { metadata: { uid }, status: { phase: 'Succeeded', containerStatuses } };
    const target = { namespace: name.namespace, name: name.pod };
    try {
      await this.options.client.patch(resources.pods, target, patch, { subresource: 'status' });
    } catch (error) {
      // Deleted meanwhile: nobody misses its end.
      if (isNotFound(error) || isConflict(error)) return;
      this.options.log.error({ worker: name.pod, err: error }, 'end of a pod not written');
    }
  }

  private behaviourOf(name: WorkerName): Behaviour {
    const own = this.rules.filter(({ of }) => matches(name, of)).map(({ be }) => be);
    return Object.assign({ ...IDLE }, ...own) as Behaviour;
  }
}

function isReady({ type, status }: { readonly type: string; readonly status: string }): boolean {
  return type === 'Ready' && status === 'True';
}

function pemOf(secret: Stored<Secret> | undefined): Pem | undefined {
  const { 'ca.crt': ca, 'tls.crt': certificate, 'tls.key': key } = secret?.data ?? {};
  if (ca === undefined || certificate === undefined || key === undefined) return undefined;
  return { ca: bytes(ca), certificate: bytes(certificate), key: bytes(key) };
}

function bytes(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

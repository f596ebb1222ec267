import type { Logger } from 'pino';
import type { StreamClusterSpec } from '../api/spec.ts';
import type { StreamCluster } from '../api/stream-cluster.ts';
import type { StreamClusterStatus } from '../api/status.ts';
import type { Clock } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import {
  isAlreadyExists,
  isConflict,
  isInvalid,
  isNotFound,
  objectKey,
  resources,
  type KubeClient,
  type Pod,
  type Stored,
  type StreamClusterObject,
} from '../kube/mod.ts';
import type {
  Marks,
  RecordedEvent,
  ResourceSnapshot,
  Runtime,
  RuntimeEvent,
  RuntimeProblem,
  WorkerInstance,
} from '../reconcile/runtime.ts';
import { markMeta } from '../specs/marks.ts';
import { incarnationOf, podName } from '../specs/names.ts';
import { revisionOf } from '../specs/revision.ts';
import { workerPod } from '../specs/worker-pod.ts';
import type { WorkerSurroundings } from '../specs/worker-env.ts';
import { AvoidedNodes } from './avoided-nodes.ts';
import type { Cache } from './cache.ts';
import { Children } from './children.ts';
import { ClusterChildren } from './cluster-children.ts';
import { Expectations } from './expectations.ts';
import { instanceOf } from './instance.ts';
import { OwnPods } from './own-pods.ts';
import { ResourceView } from './resource-view.ts';
import { StatusWriter } from './status-writer.ts';
import { UserActions } from './user-actions.ts';
import { WorkerSecrets, type Issuer } from './worker-secrets.ts';
import { writeProblem } from './write-problem.ts';

/** What is the same for all StreamClusters of an installation. */
export interface Surroundings extends WorkerSurroundings {
  readonly operatorNamespace: string;
  readonly defaultImage: string;
}

export interface PodRuntimeOptions {
  readonly object: Stored<StreamClusterObject>;
  readonly client: KubeClient;
  readonly cache: Cache;
  readonly surroundings: Surroundings;
  /** Rejects with CREDENTIALS_INVALID. */
  readonly issuer: (resource: StreamCluster) => Promise<Issuer>;
  /** See Runtime. */
  readonly hlsKey: () => Buffer | undefined;
  /** Whether this operator may write, as of now. */
  readonly isLeading: () => boolean;
  /** Shows users an event, at the StreamCluster or at a pod of it. */
  readonly record: (event: RuntimeEvent, about: Stored<StreamClusterObject>) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const MAX_EVENTS = 100;
/** A pod without a node goes at once; this is for one that has just found one. */
const HELD_BACK_GRACE_SECONDS = 10;

/** Workers as pods, the StreamCluster on an API server. */
export class PodRuntime implements Runtime {
  readonly events: RecordedEvent[] = [];
  /** Whether all workers have the newest certificates. */
  areSecretsCurrent = false;
  private readonly options: PodRuntimeOptions;
  private readonly key: string;
  private readonly view: ResourceView;
  private readonly children: Children;
  private readonly clusterChildren: ClusterChildren;
  private readonly secrets: WorkerSecrets;
  private readonly status: StatusWriter;
  private readonly expectations: Expectations;
  private readonly avoided: AvoidedNodes;
  private readonly pods: OwnPods;
  private readonly userActions: UserActions;
  private readonly listeners: (() => void)[] = [];
  /** Highest one seen of each slot: a name is not given twice, whatever still speaks of it. */
  private readonly seenIncarnations = new Map<number, number>();
  private noted: readonly WorkerInstance[] | undefined = undefined;
  private lastRevision: { readonly spec: StreamClusterSpec; readonly text: string } | undefined;
  private createProblem: RuntimeProblem | undefined = undefined;
  private credentialsProblem: RuntimeProblem | undefined = undefined;

  /** Throws RESOURCE_INVALID. */
  constructor(options: PodRuntimeOptions) {
    this.options = options;
    const { object, client, cache, surroundings, clock, log } = options;
    const { namespace, name, uid } = object.metadata;
    this.key = objectKey(namespace, name);
    this.view = new ResourceView(object);
    this.children = new Children(client, uid, clock);
    const { children } = this;
    this.clusterChildren = new ClusterChildren({ children, cache, surroundings });
    this.secrets = new WorkerSecrets({ client, cache, clock, log });
    this.status = new StatusWriter({ client, target: { namespace, name }, clock, log });
    this.expectations = new Expectations(clock);
    this.avoided = new AvoidedNodes(clock);
    this.userActions = new UserActions({
      client,
      namespace,
      name,
      uidOf: (pod) => this.uidOf(pod),
    });
    this.pods = new OwnPods(uid, () => cache.podsOf(namespace, name));
  }

  hlsKey(): Buffer | undefined {
    return this.options.hlsKey();
  }

  resource(): ResourceSnapshot {
    return this.view.see(this.options.cache.streamClusters.get(this.key));
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** The cache has something new. */
  changed(): void {
    for (const listener of this.listeners) listener();
  }

  list(): Promise<readonly WorkerInstance[]> {
    const { cache, clock } = this.options;
    const { spec } = this.resource().resource;
    const context = {
      revision: this.revision(spec),
      drainsOnCordon: spec.drain.onCordon,
      nodeOf: (name: string) => cache.nodes?.get(name),
      unixMs: clock.unixMs(),
    };
    const instances = this.pods.instances(context);
    if (instances !== this.noted) this.noteIncarnations(instances);
    return Promise.resolve(this.expectations.overlay(instances));
  }

  problems(): readonly RuntimeProblem[] {
    const own = [this.createProblem, this.credentialsProblem].filter((one) => one !== undefined);
    const { children, status, avoided, pods } = this;
    const around = [...children.problems, ...status.problems, ...avoided.problems()];
    return [...own, ...around, ...pods.problems()];
  }

  async prepare(): Promise<void> {
    this.mustLead();
    const { resource } = this.resource();
    await this.clusterChildren.ensure(resource);
    await this.renewSecrets(resource);
    const names = this.pods.list().map(({ metadata }) => metadata.name);
    await this.secrets.sweep(resource, new Set(names));
    await this.status.askAgain();
    // What a pod avoids stands in it for ever; its successor knows better.
    for (const name of this.pods.heldBack(this.avoided.list())) {
      await this.delete(name, HELD_BACK_GRACE_SECONDS);
    }
    // If somebody is still missing, this pass tries again and says why not.
    this.createProblem = undefined;
  }

  async create(slot: number): Promise<string> {
    this.mustLead();
    const { resource } = this.resource();
    const incarnation = this.nextIncarnation(slot);
    const name = podName(resource, slot, incarnation);
    try {
      await this.createPod(resource, slot, incarnation);
      this.createProblem = undefined;
    } catch (error) {
      this.createProblem = writeProblem(`worker ${name} cannot be made`, error);
      throw error;
    }
    this.expectations.onCreated(startingInstance(name, slot));
    return name;
  }

  async delete(name: string, graceSeconds: number): Promise<void> {
    this.mustLead();
    const { client, cache } = this.options;
    const pod = cache.pods.get(this.keyOfPod(name));
    if (pod === undefined) return;
    this.noteRejection(pod);
    const { namespace, uid } = pod.metadata;
    try {
      const options = { gracePeriodSeconds: graceSeconds, uid };
      await client.delete(resources.pods, { namespace, name }, options);
    } catch (error) {
      // Another one of the name is not ours to delete.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
    this.expectations.onDeleted(name);
  }

  async mark(name: string, marks: Marks): Promise<void> {
    this.mustLead();
    const { client, cache } = this.options;
    const pod = cache.pods.get(this.keyOfPod(name));
    if (pod === undefined) return;
    const { namespace, uid } = pod.metadata;
    const metadata = { uid, ...markMeta(marks) };
    try {
      await client.patch(resources.pods, { namespace, name }, { metadata });
    } catch (error) {
      // A patch of another one of the name is refused, because a uid cannot change.
      if (!isNotFound(error) && !isInvalid(error)) throw error;
    }
  }

  async scale(replicas: number): Promise<void> {
    await this.userActions.scale(replicas);
  }

  async askDrain(name: string, isAsked: boolean): Promise<void> {
    await this.userActions.askDrain(name, isAsked);
  }

  async writeStatus(status: StreamClusterStatus): Promise<void> {
    this.mustLead();
    await this.status.write(status);
  }

  emit(event: RuntimeEvent): void {
    const { cache, clock, record, object } = this.options;
    this.events.push({ ...event, unixMs: clock.unixMs() });
    if (this.events.length > MAX_EVENTS) this.events.shift();
    // Users look at the StreamCluster first.
    record(event, cache.streamClusters.get(this.key) ?? object);
  }

  /**
   * Throws NO_LEADER. A pass that began while this one led may go on for long
   * where the API server hangs, or the process stands still: another one leads by then.
   */
  private mustLead(): void {
    if (!this.options.isLeading()) throw new OperatorError('NO_LEADER');
  }

  /** Workers that have credentials go on without newer ones. */
  private async renewSecrets(resource: StreamCluster): Promise<void> {
    const pods = this.pods
      .list()
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const names = pods.map(({ metadata }) => metadata.name);
    try {
      const issuer = await this.options.issuer(resource);
      this.areSecretsCurrent = await this.secrets.renew(resource, names, issuer);
      this.credentialsProblem = undefined;
    } catch (error) {
      this.areSecretsCurrent = false;
      this.credentialsProblem = writeProblem('credentials of workers', error);
    }
  }

  private async createPod(
    resource: StreamCluster,
    slot: number,
    incarnation: number,
  ): Promise<void> {
    const { client, surroundings } = this.options;
    const issuer = await this.options.issuer(resource);
    const { defaultImage } = surroundings;
    const avoidNodes = this.avoided.list();
    const pod = workerPod({ resource, slot, incarnation, defaultImage, surroundings, avoidNodes });
    await this.secrets.create(resource, podName(resource, slot, incarnation), issuer);
    try {
      await client.create(resources.pods, pod);
    } catch (error) {
      // The cache had not seen it yet.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  /** One more than the highest that was seen: as long as the cache shows nothing
   * new, the same again, so that a stale cache makes no second worker. */
  private nextIncarnation(slot: number): number {
    // Those of a StreamCluster that had the name before may still drain, for long.
    return Math.max(this.seenIncarnations.get(slot) ?? 0, this.pods.highestIncarnation(slot)) + 1;
  }

  private noteIncarnations(instances: readonly WorkerInstance[]): void {
    this.noted = instances;
    for (const { name, slot } of instances) {
      const seen = this.seenIncarnations.get(slot) ?? 0;
      this.seenIncarnations.set(slot, Math.max(seen, incarnationOf(name) ?? 0));
    }
  }

  private noteRejection(pod: Stored<Pod>): void {
    const { clock } = this.options;
    const context = { revision: '', drainsOnCordon: false, nodeOf: () => undefined };
    const { exit, node } = instanceOf(pod, { ...context, unixMs: clock.unixMs() }) ?? {};
    if (exit?.kind === 'rejected' && node !== undefined) this.avoided.note(node, exit.detail);
  }

  private revision(spec: StreamClusterSpec): string {
    if (this.lastRevision?.spec !== spec) this.lastRevision = { spec, text: revisionOf(spec) };
    return this.lastRevision.text;
  }

  private uidOf(pod: string): string | undefined {
    return this.pods.list().find(({ metadata }) => metadata.name === pod)?.metadata.uid;
  }

  private keyOfPod(name: string): string {
    return objectKey(this.options.object.metadata.namespace, name);
  }
}

/** As it is until the cache shows it. */
function startingInstance(name: string, slot: number): WorkerInstance {
  return {
    ...{ name, slot, phase: 'running', isReady: false, isOutdated: false },
    ...{ unschedulableSinceMs: undefined, drainAsked: undefined, node: undefined },
    marks: { accepting: true, busy: false },
  };
}

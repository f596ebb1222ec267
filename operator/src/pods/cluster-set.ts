import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { GrpcWorkerControl } from '../control/worker-control.ts';
import { workersName } from '../credentials/mod.ts';
import { OperatorError } from '../errors.ts';
import type { NatsLink } from '../fleet/adapters/nats-link.ts';
import { NatsLinks } from '../fleet/adapters/nats-links.ts';
import {
  referenceTo,
  type EventRecorder,
  type KubeClient,
  type Stored,
  type StreamClusterObject,
} from '../kube/mod.ts';
import type { Operator } from '../operator.ts';
import type { RuntimeEvent } from '../reconcile/runtime.ts';
import { bucketName } from '../specs/names.ts';
import { HTTP_PORT, HTTPS_PORT, RTMP_PORT, RTMPS_PORT } from '../specs/ports.ts';
import type { Cache } from './cache.ts';
import type { Credentials } from './credentials.ts';
import { PodRuntime, type Surroundings } from './runtime.ts';
import { reportUnreadable } from './unreadable.ts';

export interface ClusterSetOptions {
  readonly operator: Operator;
  readonly client: KubeClient;
  readonly cache: Cache;
  readonly credentials: Credentials;
  readonly recorder: EventRecorder;
  readonly surroundings: Surroundings;
  readonly bucketReplicas: number;
  readonly isLeading: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Member {
  readonly uid: string;
  readonly runtime: PodRuntime;
  readonly link: NatsLink;
  readonly control: GrpcWorkerControl;
}

/** Keeps the operator working on the StreamClusters that there are. */
export class ClusterSet {
  private readonly options: ClusterSetOptions;
  private readonly links: NatsLinks;
  private readonly members = new Map<string, Member>();

  constructor(options: ClusterSetOptions) {
    this.options = options;
    this.links = new NatsLinks(options.clock, options.log);
    options.cache.onChange((key) => this.look(key));
  }

  /** Whether every worker of all has the newest certificate. */
  get areSecretsCurrent(): boolean {
    return [...this.members.values()].every(({ runtime }) => runtime.areSecretsCurrent);
  }

  /** Connections to the buses that are in use, each once. */
  get natsLinks(): readonly NatsLink[] {
    return [...new Set([...this.members.values()].map(({ link }) => link))];
  }

  /** Brings `namespace/name` in line with the cache. */
  look(key: string): void {
    const object = this.present(key);
    const member = this.members.get(key);
    // Made anew under the same name: nothing of the old one counts.
    if (member !== undefined && member.uid !== object?.metadata.uid) this.remove(key, member);
    if (object === undefined) return;
    const present = this.members.get(key) ?? this.add(key, object);
    present?.runtime.changed();
  }

  lookAtAll(): void {
    const { cache } = this.options;
    for (const { metadata } of cache.streamClusters.list()) {
      this.look(`${metadata.namespace}/${metadata.name}`);
    }
  }

  async close(): Promise<void> {
    for (const [key, member] of this.members) this.remove(key, member);
    await this.links.close();
  }

  /** One that is being deleted counts as gone: its children would come back for ever. */
  private present(key: string): Stored<StreamClusterObject> | undefined {
    const object = this.options.cache.streamClusters.get(key);
    return object?.metadata.deletionTimestamp === undefined ? object : undefined;
  }

  private add(key: string, object: Stored<StreamClusterObject>): Member | undefined {
    const runtime = this.makeRuntime(key, object);
    if (runtime === undefined) return undefined;
    const { operator, credentials, bucketReplicas } = this.options;
    const { namespace, name, uid } = object.metadata;
    const link = this.links.acquire(credentials.target(runtime.resource().resource));
    const control = new GrpcWorkerControl({
      channel: credentials.channel,
      serverName: workersName(namespace, name),
    });
    const member = { uid, runtime, link, control };
    this.members.set(key, member);
    operator.manage(key, {
      runtime,
      link,
      control,
      directory: { bucket: bucketName(uid), storage: 'file', replicas: bucketReplicas },
      endpoints: { rtmp: RTMP_PORT, http: HTTP_PORT, rtmps: RTMPS_PORT, https: HTTPS_PORT },
    });
    this.options.log.info({ streamCluster: key }, 'StreamCluster taken on');
    return member;
  }

  /** Its pods, Services and Secrets go with it, by the garbage collector. */
  private remove(key: string, { link, control }: Member): void {
    this.members.delete(key);
    this.options.operator.forget(key);
    control.close();
    void this.links.release(link);
    this.options.log.info({ streamCluster: key }, 'StreamCluster let go');
  }

  private makeRuntime(key: string, object: Stored<StreamClusterObject>): PodRuntime | undefined {
    const { client, cache, credentials, surroundings, clock, log, isLeading } = this.options;
    try {
      return new PodRuntime({
        ...{ object, client, cache, surroundings, isLeading, clock, log },
        issuer: async (resource) => await credentials.issuer(resource),
        hlsKey: () => credentials.hlsKey(object.metadata.uid),
        record: (event, about) => this.record(event, about),
      });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const { code, message } = error;
      log.warn({ streamCluster: key, code, detail: message }, 'StreamCluster not understood');
      const at = { unixMs: clock.unixMs(), log };
      if (isLeading()) void reportUnreadable(client, object, message, at);
      return undefined;
    }
  }

  private record(
    { type, reason, message }: RuntimeEvent,
    about: Stored<StreamClusterObject>,
  ): void {
    this.options.recorder.record(referenceTo(about), { type, reason, message });
  }
}

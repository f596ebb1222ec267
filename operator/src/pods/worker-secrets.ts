import type { Logger } from 'pino';
import type { StreamCluster } from '../api/stream-cluster.ts';
import type { Clock } from '../clock.ts';
import {
  makeWorkerSecret,
  workerSecretFault,
  type AuthorityView,
  type NatsCredentials,
  type SecretData,
  type WorkerSecretInput,
} from '../credentials/mod.ts';
import {
  isAlreadyExists,
  isNotFound,
  objectKey,
  resources,
  type KubeClient,
  type ObjectMeta,
  type Secret,
  type Stored,
} from '../kube/mod.ts';
import { ownedMeta, WORKER_LABEL } from '../specs/names.ts';
import type { Cache } from './cache.ts';
import { decoded, encoded } from './secret-store.ts';

/** What the Secrets of workers are made from, as of now. */
export interface Issuer {
  readonly view: AuthorityView;
  readonly nats: NatsCredentials;
}

export interface WorkerSecretsOptions {
  readonly client: KubeClient;
  readonly cache: Pick<Cache, 'secrets' | 'secretsOf'>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Checked {
  readonly version: string;
  readonly bundle: string;
  readonly untilMs: number;
}

/** Parsing a certificate takes a moment; nothing is due sooner than this. */
const CHECK_MS = 300_000;
/** A Secret is made before its pod; one without a pod for this long is left over. */
const ORPHAN_MS = 120_000;

/** One Secret a worker: its certificate, and its rights on NATS. */
export class WorkerSecrets {
  private readonly options: WorkerSecretsOptions;
  private readonly checked = new Map<string, Checked>();

  constructor(options: WorkerSecretsOptions) {
    this.options = options;
  }

  /**
   * Makes it before the pod is made; an old one of the name is replaced. One of
   * a try before this is kept: were it written anew, its change would be a
   * reason to try again, at once and for ever.
   */
  async create(resource: StreamCluster, pod: string, issuer: Issuer): Promise<void> {
    const { client } = this.options;
    const input = this.input(resource, pod, issuer);
    if (this.isUsable(resource, pod, input)) return;
    const secret = secretOf(resource, pod, await makeWorkerSecret(input));
    try {
      await client.create(resources.secrets, secret);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      await client.apply(resources.secrets, secret);
    }
  }

  /** Writes anew what is due or was deleted. True: every one is as it should be. */
  async renew(resource: StreamCluster, pods: readonly string[], issuer: Issuer): Promise<boolean> {
    let areCurrent = true;
    const errors: unknown[] = [];
    for (const pod of pods) {
      try {
        areCurrent = (await this.renewOne(resource, pod, issuer)) && areCurrent;
      } catch (error) {
        // One Secret that cannot be written must not let the others run out.
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
    return areCurrent;
  }

  /** True: it is as it should be. */
  private async renewOne(resource: StreamCluster, pod: string, issuer: Issuer): Promise<boolean> {
    const present = this.present(resource, pod);
    if (present !== undefined && this.isCheckedLately(present, issuer)) return true;
    const input = this.input(resource, pod, issuer);
    const fault = workerSecretFault(present && decoded(present), input);
    if (fault === undefined && present !== undefined) {
      this.noteChecked(present, issuer);
      return true;
    }
    const data = await makeWorkerSecret(input);
    await this.options.client.apply(resources.secrets, secretOf(resource, pod, data));
    this.options.log.info({ worker: pod, fault }, 'credentials of a worker renewed');
    return false;
  }

  /** Removes those whose pod is gone. */
  async sweep(resource: StreamCluster, pods: ReadonlySet<string>): Promise<void> {
    const { client, clock } = this.options;
    for (const { metadata } of this.ofCluster(resource)) {
      const { name, namespace, uid, creationTimestamp = '' } = metadata;
      const ageMs = clock.unixMs() - Date.parse(creationTimestamp);
      if (pods.has(metadata.labels?.[WORKER_LABEL] ?? '') || ageMs < ORPHAN_MS) continue;
      this.checked.delete(name);
      await client.delete(resources.secrets, { namespace, name }, { uid }).catch(ignoreMissing);
    }
  }

  private input(resource: StreamCluster, pod: string, issuer: Issuer): WorkerSecretInput {
    const { namespace, name: cluster } = resource.metadata;
    return { identity: { namespace, cluster, pod }, ...issuer, nowMs: this.options.clock.unixMs() };
  }

  private isUsable(resource: StreamCluster, pod: string, input: WorkerSecretInput): boolean {
    const present = this.present(resource, pod);
    const owners = present?.metadata.ownerReferences ?? [];
    // Else the garbage collector is about to take it.
    if (!owners.some(({ uid }) => uid === resource.metadata.uid)) return false;
    return workerSecretFault(present && decoded(present), input) === undefined;
  }

  private present({ metadata }: StreamCluster, pod: string): Stored<Secret> | undefined {
    return this.options.cache.secrets.get(objectKey(metadata.namespace, pod));
  }

  private ofCluster({ metadata }: StreamCluster): Stored<Secret>[] {
    const all = this.options.cache.secretsOf(metadata.namespace, metadata.name);
    return all.filter(({ metadata: { labels = {} } }) => labels[WORKER_LABEL] !== undefined);
  }

  private isCheckedLately({ metadata }: Stored<Secret>, { view }: Issuer): boolean {
    const last = this.checked.get(metadata.name);
    if (last?.version !== metadata.resourceVersion || last.bundle !== view.bundle) return false;
    return this.options.clock.nowMs() < last.untilMs;
  }

  private noteChecked({ metadata }: Stored<Secret>, { view }: Issuer): void {
    const untilMs = this.options.clock.nowMs() + CHECK_MS;
    const { name, resourceVersion: version } = metadata;
    this.checked.set(name, { version, bundle: view.bundle, untilMs });
  }
}

function secretOf(resource: StreamCluster, pod: string, data: SecretData): Secret {
  const metadata = ownedMeta(resource, pod);
  const labels = { ...metadata.labels, [WORKER_LABEL]: pod };
  return {
    metadata: { ...metadata, labels } satisfies ObjectMeta,
    type: 'Opaque',
    data: encoded(data),
  };
}

function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

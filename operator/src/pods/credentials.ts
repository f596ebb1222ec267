import type { ServerCredentials, ChannelCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { StreamCluster } from '../api/stream-cluster.ts';
import type { Clock, Timer } from '../clock.ts';
import {
  Authority,
  consoleKeyOf,
  NatsAccounts,
  natsAuthenticator,
  OperatorCertificate,
  segmentKeyOf,
  type NatsCredentials,
} from '../credentials/mod.ts';
import { OperatorError } from '../errors.ts';
import type { NatsTarget } from '../fleet/adapters/nats-links.ts';
import type { KubeClient } from '../kube/mod.ts';
import { bucketName } from '../specs/names.ts';
import type { PodsFlags } from './flags.ts';
import { GivenCredentials } from './given-credentials.ts';
import { KubeSecretStore } from './secret-store.ts';
import type { Issuer } from './worker-secrets.ts';

export interface CredentialsOptions {
  readonly client: KubeClient;
  readonly flags: PodsFlags;
  /** Whether every worker has the newest certificate; undefined: this one does not know. */
  readonly areLeavesCurrent: () => boolean | undefined;
  readonly onEvent: (what: 'ca' | 'nats', event: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

interface GivenSecret {
  readonly namespace: string;
  readonly name: string;
}

const PERIOD_MS = 30_000;
const RETRY_MS = 2_000;

/** Who we are to workers and to NATS, and who workers are. */
export class Credentials {
  private readonly options: CredentialsOptions;
  private readonly authority: Authority;
  private readonly accounts: NatsAccounts | undefined;
  private readonly certificate: OperatorCertificate;
  private readonly given: GivenCredentials;
  private timer: Timer | undefined = undefined;
  private isClosed = false;

  constructor(options: CredentialsOptions) {
    this.options = options;
    const { client, flags, onEvent, clock, log } = options;
    const store = new KubeSecretStore(client);
    const base = { store, namespace: flags.podNamespace, log };
    this.authority = new Authority({
      ...base,
      name: flags.caSecret,
      onEvent: (event) => onEvent('ca', event),
    });
    const { natsAuthSecret: name } = flags;
    const onNats = (event: string): void => onEvent('nats', event);
    this.accounts =
      flags.natsManaged && name !== undefined
        ? new NatsAccounts({ ...base, name, onEvent: onNats })
        : undefined;
    this.certificate = new OperatorCertificate(log);
    this.given = new GivenCredentials(store, clock);
  }

  get server(): ServerCredentials {
    return this.certificate.server;
  }

  get channel(): ChannelCredentials {
    return this.certificate.channel;
  }

  /** Resolves once there is a CA; tries until then. */
  async start(): Promise<void> {
    const { clock, log } = this.options;
    while (!this.isClosed) {
      try {
        await this.step();
        break;
      } catch (error) {
        log.warn({ err: error, code: 'KUBERNETES_UNREACHABLE' }, 'credentials not read');
        await new Promise<void>((resolve) => void clock.setTimer(RETRY_MS, resolve));
      }
    }
    this.schedule();
  }

  close(): void {
    this.isClosed = true;
    this.timer?.clear();
  }

  /** Rejects with CREDENTIALS_INVALID. */
  async issuer(resource: StreamCluster): Promise<Issuer> {
    const { view } = this.authority;
    if (view === undefined)
      throw new OperatorError('CREDENTIALS_INVALID', 'the CA is not read yet');
    return { view, nats: await this.natsOf(resource) };
  }

  /** Follows from the CA's key, which is a secret already and the same for all operators;
   * changes with it. Undefined: the CA is not read yet. */
  hlsKey(uid: string): Buffer | undefined {
    const { view } = this.authority;
    return view && segmentKeyOf(view.signer, uid);
  }

  /** As above: it is of no Secret that anybody but operators reads. */
  consoleKey(): Buffer | undefined {
    const { view } = this.authority;
    return view && consoleKeyOf(view.signer);
  }

  /** Where the operator itself finds the bus of a StreamCluster. */
  target(resource: StreamCluster): NatsTarget {
    const { flags } = this.options;
    const { url = flags.nats } = resource.spec.nats;
    const given = this.givenSecret(resource);
    if (given !== undefined) {
      const { namespace, name } = given;
      const authenticator = natsAuthenticator(() => this.given.latest(namespace, name));
      return { url, identity: `${namespace}/${name}`, authenticator };
    }
    const { accounts } = this;
    if (accounts === undefined || resource.spec.nats.url !== undefined) {
      return { url, identity: '', authenticator: undefined };
    }
    const authenticator = natsAuthenticator(() => accounts.view?.operatorCreds ?? '');
    return { url, identity: 'ours', authenticator };
  }

  private async natsOf(resource: StreamCluster): Promise<NatsCredentials> {
    const given = this.givenSecret(resource);
    if (given !== undefined) {
      return { kind: 'given', creds: await this.given.read(given.namespace, given.name) };
    }
    const accounts = this.accounts?.view;
    if (accounts === undefined || resource.spec.nats.url !== undefined) return { kind: 'none' };
    return { kind: 'accounts', accounts, bucket: bucketName(resource.metadata.uid ?? '') };
  }

  /** The StreamCluster's own Secret, or the installation's where it uses its NATS. */
  private givenSecret({ metadata, spec }: StreamCluster): GivenSecret | undefined {
    const { flags } = this.options;
    const { credentialsSecretName: own, url } = spec.nats;
    if (own !== undefined) return { namespace: metadata.namespace, name: own };
    const { natsCredentialsSecret: name, podNamespace: namespace } = flags;
    return name === undefined || url !== undefined ? undefined : { namespace, name };
  }

  private async step(): Promise<void> {
    const { clock, areLeavesCurrent } = this.options;
    const view = await this.authority.step(clock.unixMs(), areLeavesCurrent());
    await this.certificate.refresh(view, clock.unixMs());
    await this.accounts?.step();
  }

  private schedule(): void {
    if (this.isClosed) return;
    this.timer = this.options.clock.setTimer(PERIOD_MS, () => {
      this.step()
        .catch((error: unknown) => {
          this.options.log.warn(
            { err: error, code: 'KUBERNETES_UNREACHABLE' },
            'credentials not read',
          );
        })
        .finally(() => this.schedule());
    });
  }
}

import { experimental, type ChannelCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { Certificates } from '../cluster/adapters/certificates.ts';
import type { ControlSecurity } from '../cluster/adapters/grpc-control.ts';
import { NatsCredentials } from '../cluster/adapters/nats-credentials.ts';
import type { Clock } from '../stream/clock.ts';

export interface WorkerCredentialsOptions {
  /** Undefined: there are none, nothing is encrypted. */
  readonly credentialsDir?: string | undefined;
  readonly id: string;
  readonly namespace: string;
  readonly cluster: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
}

/** The folder of credentials, as each part of a worker needs it. */
export class WorkerCredentials {
  /** Of calls to others, and of others' calls. */
  readonly channel: ChannelCredentials | undefined = undefined;
  readonly security: ControlSecurity | undefined = undefined;
  readonly nats: NatsCredentials | undefined = undefined;
  private readonly certificates: Certificates | undefined = undefined;

  constructor(options: WorkerCredentialsOptions) {
    const { credentialsDir: folder, id, namespace, cluster } = options;
    if (folder === undefined) return;
    const certificates = new Certificates({ ...options, folder });
    this.certificates = certificates;
    this.nats = new NatsCredentials(folder, id);
    this.channel = experimental.createCertificateProviderChannelCredentials(
      certificates,
      certificates,
    );
    const credentials = experimental.createCertificateProviderServerCredentials(
      certificates,
      certificates,
      true,
    );
    this.security = { namespace, cluster, credentials };
  }

  /** Throws CREDENTIALS_INVALID. */
  start(): void {
    this.certificates?.start();
  }

  close(): void {
    this.certificates?.close();
  }

  /** 0: there is no certificate. */
  get expiresUnixMs(): number {
    return this.certificates?.expiresUnixMs ?? 0;
  }
}

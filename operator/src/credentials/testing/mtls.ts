import {
  Server,
  type ChannelCredentials,
  type ClientOptions,
  type ServerCredentials,
} from '@grpc/grpc-js';
import {
  ConfigureRequest,
  ConfigureResponse,
  WorkerServiceClient,
  WorkerServiceService,
} from '@streamcluster/proto';
import { experimental } from '@grpc/grpc-js';
import { MemoryCertificates } from '../memory-certificates.ts';
import { workersName } from '../names.ts';
import type { SecretData } from '../secret-store.ts';
import { LIVE } from './rig.ts';

const { createCertificateProviderServerCredentials, createCertificateProviderChannelCredentials } =
  experimental;
const LIVE_NAME = workersName(LIVE.namespace, LIVE.cluster);

/** A worker as seen from the network: a server and a channel that follow its Secret. */
export class TlsWorker {
  readonly server: ServerCredentials;
  readonly channel: ChannelCredentials;
  port = 0;
  private readonly certificates = new MemoryCertificates();
  private readonly grpc = new Server();

  constructor() {
    const { certificates } = this;
    this.server = createCertificateProviderServerCredentials(certificates, certificates, true);
    this.channel = createCertificateProviderChannelCredentials(certificates, certificates);
    const service = { configure: answerConfigure };
    this.grpc.addService({ configure: WorkerServiceService.configure }, service);
  }

  /** As when the kubelet has brought the Secret up to date. */
  read(secret: SecretData): void {
    this.certificates.setBundle(secret['ca.crt'] ?? '');
    this.certificates.setIdentity(secret['tls.crt'] ?? '', secret['tls.key'] ?? '');
  }

  async listen(): Promise<string> {
    this.port = await new Promise((resolve, reject) => {
      this.grpc.bindAsync('127.0.0.1:0', this.server, (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
    return this.address;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  close(): void {
    this.grpc.forceShutdown();
  }
}

function answerConfigure(
  { request }: { request: ConfigureRequest },
  done: (error: null, answer: ConfigureResponse) => void,
): void {
  done(null, ConfigureResponse.fromPartial({ appliedVersion: request.version }));
}

/** A client with connections of its own: others to the same address are not shared. */
export function ownClient(
  address: string,
  channel: ChannelCredentials,
  serverName = LIVE_NAME,
): WorkerServiceClient {
  const options: ClientOptions = {
    'grpc.ssl_target_name_override': serverName,
    'grpc.use_local_subchannel_pool': 1,
  };
  return new WorkerServiceClient(address, channel, options);
}

/** Resolves with the serial number of the certificate that the server shows. */
export function called(client: WorkerServiceClient): Promise<string> {
  const request = ConfigureRequest.fromPartial({ version: 7n });
  return new Promise((resolve, reject) => {
    const call = client.configure(request, (error, answer) => {
      if (error !== null) reject(error);
      else if (answer.appliedVersion !== 7n) reject(new Error('another answer'));
      else resolve(call.getAuthContext()?.sslPeerCertificate?.serialNumber ?? '');
    });
  });
}

/** The same on a connection that is made for it. */
export async function calledAnew(
  address: string,
  channel: ChannelCredentials,
  serverName = LIVE_NAME,
): Promise<string> {
  const client = ownClient(address, channel, serverName);
  try {
    return await called(client);
  } finally {
    client.close();
  }
}

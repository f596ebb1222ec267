import { Metadata, type ChannelCredentials, credentials as grpcCredentials } from '@grpc/grpc-js';
import { OperatorServiceClient, type PlaceRequest, type PlaceResponse } from '@streamcluster/proto';
import { OperatorError } from '../../errors.ts';

export interface PlaceForwardOptions {
  /** `host:port` of whoever leads; undefined: nobody does. */
  readonly leader: () => string | undefined;
  /** Undefined: unencrypted. */
  readonly channel?: ChannelCredentials;
  /** What the leader's certificate is for; addresses come and go. */
  readonly serverName?: string;
}

/** Says that a call was passed on, and must not be passed on again. */
export const FORWARDED = 'x-streamcluster-forwarded';
/** The worker waits for 300 ms in all. */
const DEADLINE_MS = 250;

/** Passes Place on to the leader, because reservations live only there. */
export class PlaceForward {
  private readonly options: PlaceForwardOptions;
  private client: OperatorServiceClient | undefined = undefined;
  private address = '';

  constructor(options: PlaceForwardOptions) {
    this.options = options;
  }

  /** Rejects with NO_LEADER, or with what the leader answered. */
  place(request: PlaceRequest): Promise<PlaceResponse> {
    const client = this.clientOfLeader();
    if (client === undefined) return Promise.reject(new OperatorError('NO_LEADER'));
    const metadata = new Metadata();
    metadata.set(FORWARDED, 'yes');
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + DEADLINE_MS };
      client.place(request, metadata, options, (error, answer) => {
        if (error === null) resolve(answer);
        else reject(new OperatorError('NO_LEADER', error.details, { cause: error }));
      });
    });
  }

  close(): void {
    this.client?.close();
    this.client = undefined;
  }

  private clientOfLeader(): OperatorServiceClient | undefined {
    const { leader, channel, serverName } = this.options;
    const address = leader();
    if (address === undefined) return undefined;
    if (this.client !== undefined && address === this.address) return this.client;
    this.client?.close();
    this.address = address;
    this.client = new OperatorServiceClient(address, channel ?? grpcCredentials.createInsecure(), {
      ...(serverName !== undefined && { 'grpc.ssl_target_name_override': serverName }),
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5_000,
      // A leader that comes back on the same address is asked at once, not in two minutes.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
    });
    return this.client;
  }
}

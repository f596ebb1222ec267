import {
  connect,
  type Authenticator,
  type NatsConnection,
  type Subscription as LiveSubscription,
} from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../../clock.ts';
import type { Bucket, BucketOptions, BusLink } from '../bus-link.ts';
import { KvBucket } from './kv-bucket.ts';
import { natsErrorCode } from './nats-errors.ts';
import { readInBatches } from './read-in-batches.ts';

export interface NatsLinkOptions {
  /** `nats://host:4222`, several by comma. */
  readonly url: string;
  /** Undefined: the server asks for nothing. */
  readonly authenticator?: Authenticator | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Subscription {
  readonly subject: string;
  readonly onMessage: (payload: Uint8Array, subject: string) => void;
  /** At the server, once there is a connection. */
  live: LiveSubscription | undefined;
}

const RETRY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** A server that hangs is noticed after three of these; 20 s by default. That is
 * before the silence that comes with it makes workers look dead (6 s, of which a
 * report's period may have passed already). */
const PING_INTERVAL_MS = 1_000;
const MAX_PINGS_OUT = 2;

/** A connection to NATS that never gives up, at the start or later. */
export class NatsLink implements BusLink {
  isConnected = false;
  private readonly options: NatsLinkOptions;
  private readonly listeners = new Set<(isConnected: boolean) => void>();
  private readonly subscriptions = new Set<Subscription>();
  private nc: NatsConnection | undefined = undefined;
  private retryTimer: Timer | undefined = undefined;
  private hasComplained = false;
  private isClosed = false;

  constructor(options: NatsLinkOptions) {
    this.options = options;
  }

  /** Returns at once; onConnection tells. */
  start(): void {
    void this.tryConnect();
  }

  /** Undefined while there is none. */
  get connection(): NatsConnection | undefined {
    return this.isConnected ? this.nc : undefined;
  }

  /** Returns what ends it. */
  onConnection(listener: (isConnected: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Returns what ends it. */
  subscribe(
    subject: string,
    onMessage: (payload: Uint8Array, subject: string) => void,
  ): () => void {
    const subscription: Subscription = { subject, onMessage, live: undefined };
    this.subscriptions.add(subscription);
    if (this.nc !== undefined) subscribeTo(this.nc, subscription);
    return () => {
      this.subscriptions.delete(subscription);
      subscription.live?.unsubscribe();
    };
  }

  bucket(options: BucketOptions): Bucket {
    return new KvBucket(() => this.connection, options);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.isConnected = false;
    this.retryTimer?.clear();
    await this.nc?.close();
  }

  private async tryConnect(): Promise<void> {
    if (this.isClosed) return;
    const { authenticator } = this.options;
    try {
      const nc = await connect({
        servers: this.options.url.split(','),
        name: 'streamcluster-operator',
        // The client's default is to give up for good after ten tries.
        maxReconnectAttempts: -1,
        reconnectTimeWait: 500,
        pingInterval: PING_INTERVAL_MS,
        maxPingOut: MAX_PINGS_OUT,
        timeout: CONNECT_TIMEOUT_MS,
        ...(authenticator && { authenticator }),
      });
      await this.connected(nc);
    } catch (error) {
      this.complain(error);
      this.retryTimer = this.options.clock.setTimer(RETRY_MS, () => void this.tryConnect());
    }
  }

  private async connected(nc: NatsConnection): Promise<void> {
    if (this.isClosed) {
      await nc.close();
      return;
    }
    this.nc = nc;
    readInBatches(nc);
    for (const subscription of this.subscriptions) subscribeTo(nc, subscription);
    void this.follow(nc);
    this.setConnected(true);
  }

  private async follow(nc: NatsConnection): Promise<void> {
    for await (const { type } of nc.status()) {
      if (type === 'disconnect') this.setConnected(false);
      else if (type === 'reconnect') this.setConnected(true);
    }
    // The loop ends only with the connection: a fault, unless it was closed here.
    this.nc = undefined;
    this.setConnected(false);
    await this.tryConnect();
  }

  private setConnected(isConnected: boolean): void {
    if (this.isConnected === isConnected || this.isClosed) return;
    this.isConnected = isConnected;
    this.hasComplained = false;
    const url = withoutSecrets(this.options.url);
    if (isConnected) this.options.log.info({ url }, 'NATS connected');
    else this.options.log.warn({ url, code: 'NATS_UNREACHABLE' }, 'NATS connection lost');
    for (const listener of this.listeners) listener(isConnected);
  }

  /** Once per outage, not once per try. */
  private complain(error: unknown): void {
    if (this.hasComplained) return;
    this.hasComplained = true;
    const url = withoutSecrets(this.options.url);
    this.options.log.warn({ url, code: natsErrorCode(error), err: error }, 'NATS not reachable');
  }
}

function subscribeTo(nc: NatsConnection, subscription: Subscription): void {
  const { subject, onMessage } = subscription;
  subscription.live = nc.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) onMessage(message.data, message.subject);
    },
  });
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/g, '//');
}

import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../../stream/clock.ts';
import type { Bus, DirectoryWatcher, ReadResult, WriteResult } from '../bus.ts';
import { jitter, type Random } from '../random.ts';
import { NatsBucket, type BucketState } from './nats-bucket.ts';
import { natsFailure } from './nats-errors.ts';
import { NatsWatch } from './nats-watch.ts';

export interface NatsBusOptions {
  /** `nats://host:4222`, several by comma. */
  readonly url: string;
  readonly bucket: string;
  /** For the server's lists of connections. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly credentials?: Pick<NodeConnectionOptions, 'authenticator' | 'inboxPrefix'>;
}

interface Subscription {
  readonly subject: string;
  readonly onMessage: (payload: Uint8Array) => void;
}

const RETRY_MS = 1_000;
const CHECK_MS = 10_000;
const RECONNECT_MS = 500;
/** A server that hangs is noticed after three of these; 20 s by default. */
const PING_INTERVAL_MS = 2_000;
const MAX_PINGS_OUT = 2;

/** The bus on a real NATS with JetStream. Tries to connect for ever. */
export class NatsBus implements Bus {
  isConnected = false;
  private readonly options: NatsBusOptions;
  private readonly connectionListeners: ((isConnected: boolean) => void)[] = [];
  private readonly subscriptions: Subscription[] = [];
  private nc: NatsConnection | undefined = undefined;
  private bucket: NatsBucket | undefined = undefined;
  private watcher: DirectoryWatcher | undefined = undefined;
  private pass: NatsWatch | undefined = undefined;
  private state: BucketState | undefined = undefined;
  private checkTimer: Timer | undefined = undefined;
  private retryTimer: Timer | undefined = undefined;
  private seenAtCheck = -1;
  private isClosed = false;

  constructor(options: NatsBusOptions) {
    this.options = options;
  }

  /** Returns at once; onConnection tells. */
  start(): void {
    void this.tryConnect();
  }

  onConnection(callback: (isConnected: boolean) => void): void {
    this.connectionListeners.push(callback);
  }

  async read(key: string): Promise<ReadResult> {
    const bucket = this.usable();
    return bucket === undefined ? { kind: 'unavailable' } : await bucket.read(key);
  }

  async write(key: string, value: Uint8Array | undefined, revision: number): Promise<WriteResult> {
    const bucket = this.usable();
    return bucket === undefined
      ? { kind: 'unavailable' }
      : await bucket.write(key, value, revision);
  }

  watch(watcher: DirectoryWatcher): void {
    this.watcher = watcher;
    if (this.isConnected) this.rewatch();
  }

  publish(subject: string, payload: Uint8Array): void {
    if (this.isConnected) this.nc?.publish(subject, payload);
  }

  subscribe(subject: string, onMessage: (payload: Uint8Array) => void): void {
    const subscription = { subject, onMessage };
    this.subscriptions.push(subscription);
    if (this.nc !== undefined) subscribeTo(this.nc, subscription);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.isConnected = false;
    this.checkTimer?.clear();
    this.retryTimer?.clear();
    this.pass?.stop();
    await this.nc?.close();
  }

  private usable(): NatsBucket | undefined {
    return this.isConnected ? this.bucket : undefined;
  }

  private async tryConnect(): Promise<void> {
    const { url, name, log, credentials, clock, random } = this.options;
    if (this.isClosed) return;
    try {
      const nc = await connect({
        servers: url.split(','),
        name,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_MS,
        pingInterval: PING_INTERVAL_MS,
        maxPingOut: MAX_PINGS_OUT,
        timeout: 2_000,
        ...credentials,
      });
      await this.connected(nc);
    } catch (error) {
      log.warn({ url: withoutSecrets(url), err: error, code: codeOf(error) }, 'NATS not reachable');
      const delayMs = jitter(random, RETRY_MS, 0.2);
      this.retryTimer = clock.setTimer(delayMs, () => void this.tryConnect());
    }
  }

  private async connected(nc: NatsConnection): Promise<void> {
    if (this.isClosed) {
      await nc.close();
      return;
    }
    this.nc = nc;
    this.bucket = new NatsBucket(nc, this.options.bucket);
    for (const subscription of this.subscriptions) subscribeTo(nc, subscription);
    void this.follow(nc);
    this.options.log.info({ server: nc.getServer() }, 'NATS connected');
    this.setConnected(true);
    this.rewatch();
    this.scheduleCheck();
  }

  private async follow(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect') {
        this.options.log.warn({ code: 'NATS_UNREACHABLE' }, 'NATS connection lost');
        this.setConnected(false);
      } else if (status.type === 'reconnect') {
        this.options.log.info({ server: nc.getServer() }, 'NATS connected again');
        this.setConnected(true);
        this.rewatch();
      }
    }
    // Ends only with the connection, which never gives up by itself.
    if (this.isClosed) return;
    this.options.log.warn({ code: 'NATS_UNREACHABLE' }, 'NATS client gave up; starting anew');
    this.setConnected(false);
    await this.tryConnect();
  }

  private setConnected(isConnected: boolean): void {
    if (this.isConnected === isConnected || this.isClosed) return;
    this.isConnected = isConnected;
    for (const listener of this.connectionListeners) listener(isConnected);
  }

  /** A new pass of the watch, on a bucket that is there. */
  private rewatch(): void {
    const { bucket, watcher } = this;
    if (bucket === undefined || watcher === undefined) return;
    this.pass?.stop();
    const pass = new NatsWatch(bucket, watcher);
    this.pass = pass;
    this.watchOn(bucket, pass).catch((error: unknown) => {
      if (this.pass !== pass || this.isClosed) return;
      this.options.log.warn({ err: error, code: codeOf(error) }, 'directory cannot be watched');
      this.retrySoon(pass);
    });
  }

  private async watchOn(bucket: NatsBucket, pass: NatsWatch): Promise<void> {
    this.state = await bucket.ensure();
    await pass.start(this.state.lastRevision, () => {
      if (this.pass !== pass) return;
      this.options.log.warn({ code: 'NATS_UNREACHABLE' }, 'directory watch ended');
      this.retrySoon(pass);
    });
  }

  private retrySoon(pass: NatsWatch): void {
    this.retryTimer?.clear();
    this.retryTimer = this.options.clock.setTimer(RETRY_MS, () => {
      if (this.pass === pass && this.isConnected) this.rewatch();
    });
  }

  private scheduleCheck(): void {
    this.checkTimer?.clear();
    this.checkTimer = this.options.clock.setTimer(CHECK_MS, () => {
      void this.check().finally(() => {
        if (!this.isClosed) this.scheduleCheck();
      });
    });
  }

  /**
   * A bucket that was deleted and made anew under a live watch leaves it silent
   * for a minute, and then past the first keys; a watch whose consumer was lost
   * is silent, too. Both show here.
   */
  private async check(): Promise<void> {
    const { bucket, pass } = this;
    if (bucket === undefined || pass === undefined || !this.isConnected) return;
    try {
      const now = await bucket.state();
      const isStuck = this.isStuck(pass, now);
      const isAnew = now.created !== this.state?.created;
      if (isAnew) this.options.log.warn({}, 'directory was made anew');
      if (isAnew || isStuck) this.rewatch();
      else this.state = now;
    } catch (error) {
      if (natsFailure(error) === 'bucket-missing') this.rewatch();
    }
  }

  /** Behind a bucket that stood still since the last check, without a step. */
  private isStuck(pass: NatsWatch, now: BucketState): boolean {
    const { lastRevision } = pass;
    const isStill = lastRevision === this.seenAtCheck;
    this.seenAtCheck = lastRevision;
    return (
      isStill && lastRevision < now.lastRevision && now.lastRevision === this.state?.lastRevision
    );
  }
}

function subscribeTo(nc: NatsConnection, { subject, onMessage }: Subscription): void {
  nc.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) onMessage(message.data);
    },
  });
}

function codeOf(error: unknown): 'NATS_REFUSED' | 'NATS_UNREACHABLE' {
  return natsFailure(error) === 'unknown' ? 'NATS_UNREACHABLE' : 'NATS_REFUSED';
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/g, '//');
}

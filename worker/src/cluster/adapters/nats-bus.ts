import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { WorkerError } from '../../errors.ts';
import type { Clock, Timer } from '../../stream/clock.ts';
import type { Bus, DirectoryWatcher, ReadResult, WriteResult } from '../bus.ts';
import { jitter, type Random } from '../random.ts';
import { Complaints } from './complaints.ts';
import { NatsBucket, type BucketState } from './nats-bucket.ts';
import type { NatsCredentials } from './nats-credentials.ts';
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
  readonly counters: { count(reason: string): void };
  /** Undefined: anybody may connect. */
  readonly credentials?: Pick<NatsCredentials, 'secrets' | 'isStale'> | undefined;
}

interface Subscription {
  readonly subject: string;
  readonly onMessage: (payload: Uint8Array, subject: string) => void;
  /** The server refused it: other rights may come with the next connection. */
  isLost: boolean;
}

type Failure = 'NATS_REFUSED' | 'NATS_UNREACHABLE' | 'CREDENTIALS_INVALID';

const RETRY_MS = 1_000;
/** Rights do not change by asking: later each time, up to this. */
const MAX_RETRY_MS = 30_000;
const CHECK_MS = 10_000;
const RECONNECT_MS = 500;
/** A server that hangs is noticed after three of these; 20 s by default. That is
 * before the silence that comes with it makes workers look dead (6 s, of which a
 * report's period may have passed already). */
const PING_INTERVAL_MS = 1_000;
const MAX_PINGS_OUT = 2;

/** The bus on a real NATS with JetStream. Tries to connect for ever. */
export class NatsBus implements Bus {
  isConnected = false;
  private readonly options: NatsBusOptions;
  private readonly complaints: Complaints;
  private readonly connectionListeners: ((isConnected: boolean) => void)[] = [];
  private readonly subscriptions: Subscription[] = [];
  private nc: NatsConnection | undefined = undefined;
  private bucket: NatsBucket | undefined = undefined;
  private watcher: DirectoryWatcher | undefined = undefined;
  private pass: NatsWatch | undefined = undefined;
  private state: BucketState | undefined = undefined;
  private checkTimer: Timer | undefined = undefined;
  private retryTimer: Timer | undefined = undefined;
  private rewatchTimer: Timer | undefined = undefined;
  private seenAtCheck = -1;
  private isClosed = false;
  /** In a row. */
  private refusals = 0;
  private isStoring = true;

  constructor(options: NatsBusOptions) {
    this.options = options;
    this.complaints = new Complaints(options.log, options.counters);
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
    if (bucket === undefined) return { kind: 'unavailable' };
    const result = await bucket.write(key, value, revision);
    if (result.kind === 'written') this.hasStored();
    return result;
  }

  watch(watcher: DirectoryWatcher): void {
    this.watcher = watcher;
    if (this.isConnected) this.rewatch();
  }

  publish(subject: string, payload: Uint8Array): void {
    if (this.isConnected) this.nc?.publish(subject, payload);
  }

  subscribe(subject: string, onMessage: (payload: Uint8Array, subject: string) => void): void {
    const subscription = { subject, onMessage, isLost: false };
    this.subscriptions.push(subscription);
    if (this.nc !== undefined) this.subscribeOn(this.nc, subscription);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.isConnected = false;
    this.checkTimer?.clear();
    this.retryTimer?.clear();
    this.rewatchTimer?.clear();
    this.pass?.stop();
    await this.nc?.close();
  }

  private usable(): NatsBucket | undefined {
    return this.isConnected ? this.bucket : undefined;
  }

  private async tryConnect(): Promise<void> {
    const { url, name, credentials, clock } = this.options;
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
        ...credentials?.secrets(),
      });
      await this.connected(nc);
    } catch (error) {
      const code = codeOf(error);
      this.complaints.say('NATS not reachable', code, { err: error, url: withoutSecrets(url) });
      this.retryTimer = clock.setTimer(this.retryMs(code), () => void this.tryConnect());
    }
  }

  private async connected(nc: NatsConnection): Promise<void> {
    if (this.isClosed) {
      await nc.close();
      return;
    }
    this.nc = nc;
    this.bucket = new NatsBucket(nc, this.options.bucket, (error) => this.hasNotStored(error));
    this.complaints.forget('NATS not reachable');
    for (const subscription of this.subscriptions) this.subscribeOn(nc, subscription);
    void this.follow(nc);
    this.options.log.info({ server: nc.getServer() }, 'NATS connected');
    this.setConnected(true);
    this.rewatch();
    this.scheduleCheck();
  }

  private async follow(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (status.type === 'error') this.refused(status.error);
      if (status.type === 'disconnect') this.disconnected();
      if (status.type === 'reconnect') this.connectedAgain(nc);
    }
    // Ends only with the connection, which never gives up by itself.
    if (this.isClosed) return;
    this.options.log.warn({ code: 'NATS_UNREACHABLE' }, 'NATS client gave up; starting anew');
    this.setConnected(false);
    await this.tryConnect();
  }

  private disconnected(): void {
    this.options.log.warn({ code: 'NATS_UNREACHABLE' }, 'NATS connection lost');
    this.setConnected(false);
  }

  private connectedAgain(nc: NatsConnection): void {
    this.options.log.info({ server: nc.getServer() }, 'NATS connected again');
    const lost = this.subscriptions.filter(({ isLost }) => isLost);
    for (const subscription of lost) this.subscribeOn(nc, subscription);
    this.setConnected(true);
    this.rewatch();
  }

  /** Each stream of ours is tried every second: said and counted once until it works. */
  private hasNotStored(error: unknown): void {
    if (!this.isStoring || !this.isConnected) return;
    this.isStoring = false;
    const code = codeOf(error) === 'NATS_REFUSED' ? 'NATS_REFUSED' : 'DIRECTORY_UNAVAILABLE';
    this.complaints.say('directory stores nothing', code, { err: error });
  }

  private hasStored(): void {
    if (this.isStoring) return;
    this.isStoring = true;
    this.complaints.forget('directory stores nothing');
    this.options.log.info({}, 'directory stores again');
  }

  /** What the server says of its own accord: mostly of rights. */
  private refused(error: Error): void {
    if (codeOf(error) !== 'NATS_REFUSED') return;
    this.refusals += 1;
    this.complaints.say('NATS refuses', 'NATS_REFUSED', { err: error });
  }

  private subscribeOn(nc: NatsConnection, subscription: Subscription): void {
    subscription.isLost = false;
    nc.subscribe(subscription.subject, {
      callback: (error, message) => {
        if (error === null) subscription.onMessage(message.data, message.subject);
        else subscription.isLost = true;
      },
    });
  }

  private retryMs(code: Failure): number {
    this.refusals = code === 'NATS_UNREACHABLE' ? 0 : this.refusals + 1;
    const delayMs = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** Math.max(0, this.refusals - 1));
    return jitter(this.options.random, delayMs, 0.2);
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
      const code = codeOf(error);
      this.complaints.say('directory cannot be watched', code, { err: error });
      this.retrySoon(pass, this.retryMs(code));
    });
  }

  private async watchOn(bucket: NatsBucket, pass: NatsWatch): Promise<void> {
    this.state = await bucket.ensure();
    this.complaints.forget('directory cannot be watched');
    await pass.start(this.state.lastRevision, () => {
      if (this.pass !== pass) return;
      this.options.log.warn({ code: 'NATS_UNREACHABLE' }, 'directory watch ended');
      this.retrySoon(pass, RETRY_MS);
    });
  }

  private retrySoon(pass: NatsWatch, delayMs: number): void {
    this.rewatchTimer?.clear();
    this.rewatchTimer = this.options.clock.setTimer(delayMs, () => {
      if (this.pass === pass && this.isConnected) this.rewatch();
    });
  }

  private scheduleCheck(): void {
    this.checkTimer?.clear();
    this.checkTimer = this.options.clock.setTimer(CHECK_MS, () => {
      this.renewRights();
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

  /** Rights are of a connection: where some were missing, new credentials need
   * a new one. */
  private renewRights(): void {
    if (this.refusals === 0 || !this.isConnected || !this.isOfOldRights()) return;
    this.refusals = 0;
    // Rejects only when it is closed: follow() sees that, too.
    this.nc?.reconnect().catch(() => undefined);
  }

  private isOfOldRights(): boolean {
    try {
      return this.options.credentials?.isStale ?? false;
    } catch (error) {
      this.complaints.say('credentials cannot be read', codeOf(error), { err: error });
      return false;
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

function codeOf(error: unknown): Failure {
  const cause = error instanceof Error ? error.cause : undefined;
  for (const each of [error, cause]) {
    if (each instanceof WorkerError && each.code === 'CREDENTIALS_INVALID') return each.code;
  }
  return natsFailure(error) === 'unknown' ? 'NATS_UNREACHABLE' : 'NATS_REFUSED';
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/g, '//');
}

import { Kvm, type KV, type KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import { parseDirectoryEntry, streamKeyOf, type DirectoryEntry } from '@streamcluster/proto';
import { natsErrorCode } from './nats-errors.ts';
import type { NatsLink } from './nats-link.ts';
import { WriteProbe } from './write-probe.ts';

export interface DirectoryOptions {
  readonly link: NatsLink;
  readonly bucket: string;
  readonly storage: 'file' | 'memory';
  /** Servers that keep it, of a NATS cluster. */
  readonly replicas: number;
  /** Whether this operator may make a bucket anew that stores nothing any more. */
  readonly isLeading: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const CHECK_MS = 10_000;
const RETRY_MS = 1_000;
/** Deletions stay visible for so long. Workers make the bucket alike. */
const MARKER_TTL_MS = 60_000;

/** One reading of the bucket: all that is there, then what changes. */
interface Pass {
  readonly entries: Map<string, DirectoryEntry>;
  /** Tells one life of the bucket from the next. */
  readonly created: string;
  readonly kv: KV;
  stop(): void;
}

/**
 * The bucket, made if it is not there, cached whole. The cache outlives the
 * bucket and every outage; a new reading replaces it only once it is complete.
 */
export class Directory {
  private readonly options: DirectoryOptions;
  private entries: ReadonlyMap<string, DirectoryEntry> = new Map();
  private pass: Pass | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private hasLoaded = false;
  private readonly probe = new WriteProbe();
  private isClosed = false;
  private endConnection: (() => void) | undefined = undefined;

  constructor(options: DirectoryOptions) {
    this.options = options;
  }

  start(): void {
    this.endConnection = this.options.link.onConnection((isConnected) => {
      if (isConnected) void this.check();
    });
    void this.check();
  }

  close(): void {
    this.isClosed = true;
    this.endConnection?.();
    this.timer?.clear();
    this.pass?.stop();
  }

  /** True once the bucket was read whole, however long ago. */
  get isLoaded(): boolean {
    return this.hasLoaded;
  }

  /** Stream name -> entry. */
  get streams(): ReadonlyMap<string, DirectoryEntry> {
    return this.entries;
  }

  /**
   * A bucket that is deleted and made anew leaves its watch silent for a minute
   * and then past the first keys, so its time of creation is compared.
   */
  private async check(): Promise<void> {
    const nc = this.options.link.connection;
    if (nc === undefined) return;
    try {
      await this.refresh(nc);
      this.checkIn(CHECK_MS);
    } catch (error) {
      const code = natsErrorCode(error);
      this.options.log.warn({ err: error, code }, 'directory not readable');
      this.checkIn(RETRY_MS);
    }
  }

  private checkIn(delayMs: number): void {
    this.timer?.clear();
    if (this.isClosed) return;
    this.timer = this.options.clock.setTimer(delayMs, () => void this.check());
  }

  private async refresh(nc: NatsConnection): Promise<void> {
    if (await this.isCurrent()) {
      await this.repair();
      return;
    }
    const kv = await this.makeBucket(nc);
    const { streamInfo } = await kv.status();
    if (this.pass?.created === streamInfo.created) return;
    this.pass?.stop();
    this.pass = await this.startPass(kv, streamInfo.created);
    if (streamInfo.state.messages === 0) this.loaded(this.pass);
  }

  /** One question, where to make sure that the bucket is there takes several. */
  private async isCurrent(): Promise<boolean> {
    const { pass } = this;
    if (pass === undefined) return false;
    try {
      const { streamInfo } = await pass.kv.status();
      return streamInfo.created === pass.created;
    } catch {
      // Deleted, or not to be read: making it tells which.
      return false;
    }
  }

  /**
   * A nats-server whose disk was full stores nothing more in the bucket, also when
   * there is room again, until it is started anew or the bucket is. Workers
   * have all that stood in it, and write it again.
   */
  private async repair(): Promise<void> {
    const { pass, options } = this;
    if (pass === undefined || !options.isLeading()) return;
    const state = await this.probe.look(pass.kv);
    const { bucket, log } = options;
    if (state === 'well') return;
    log.warn({ bucket, code: 'NATS_REFUSED' }, 'directory stores nothing');
    if (state === 'failing') return;
    log.warn({ bucket }, 'directory is made anew, for workers to fill');
    await pass.kv.destroy();
    this.checkIn(0);
  }

  private async makeBucket(nc: NatsConnection): Promise<KV> {
    const { bucket, storage, replicas } = this.options;
    return await new Kvm(nc).create(bucket, {
      history: 1,
      storage,
      replicas,
      markerTTL: MARKER_TTL_MS,
    });
  }

  private async startPass(kv: KV, created: string): Promise<Pass> {
    const watch = await kv.watch();
    const pass: Pass = { entries: new Map(), created, kv, stop: () => watch.stop() };
    void this.follow(watch, pass);
    return pass;
  }

  private async follow(watch: AsyncIterable<KvWatchEntry>, pass: Pass): Promise<void> {
    for await (const { key, value, operation, delta } of watch) {
      const entry = operation === 'PUT' ? parseDirectoryEntry(value) : undefined;
      if (entry === undefined) pass.entries.delete(streamKeyOf(key));
      else pass.entries.set(streamKeyOf(key), entry);
      if (delta === 0) this.loaded(pass);
    }
    // Ended by itself: a fault. Read again.
    if (this.isClosed || this.pass !== pass) return;
    this.pass = undefined;
    this.options.log.warn({ code: 'NATS_UNREACHABLE' }, 'directory watch ended');
    this.checkIn(RETRY_MS);
  }

  private loaded(pass: Pass): void {
    if (this.pass !== undefined && this.pass !== pass) return;
    this.entries = pass.entries;
    this.hasLoaded = true;
  }
}

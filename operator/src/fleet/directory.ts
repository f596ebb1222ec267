import { parseDirectoryEntry, streamKeyOf, type DirectoryEntry } from '@streamcluster/proto';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import type { Bucket, BucketOptions, BucketWatch, BusLink } from './bus-link.ts';
import { WriteProbe } from './write-probe.ts';

export interface DirectoryOptions extends BucketOptions {
  readonly link: BusLink;
  /** Whether this operator may make a bucket anew that stores nothing any more. */
  readonly isLeading: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const CHECK_MS = 10_000;
const RETRY_MS = 1_000;

/** One reading of the bucket: all that is there, then what changes. */
interface Pass {
  readonly entries: Map<string, DirectoryEntry>;
  /** Tells one life of the bucket from the next. */
  readonly created: string;
  readonly watch: BucketWatch;
}

/**
 * The bucket, made if it is not there, cached whole. The cache outlives the
 * bucket and every outage; a new reading replaces it only once it is complete.
 */
export class Directory {
  private readonly options: DirectoryOptions;
  private readonly bucket: Bucket;
  private entries: ReadonlyMap<string, DirectoryEntry> = new Map();
  private pass: Pass | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private hasLoaded = false;
  private readonly probe = new WriteProbe();
  private isFailing = false;
  private isClosed = false;
  private endConnection: (() => void) | undefined = undefined;

  constructor(options: DirectoryOptions) {
    this.options = options;
    this.bucket = options.link.bucket(options);
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
    this.pass?.watch.stop();
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
    if (!this.options.link.isConnected) return;
    try {
      await this.refresh();
      this.checkIn(CHECK_MS);
    } catch (error) {
      const code = error instanceof OperatorError ? error.code : 'INTERNAL';
      this.options.log.warn({ err: error, code }, 'directory not readable');
      this.checkIn(RETRY_MS);
    }
  }

  private checkIn(delayMs: number): void {
    this.timer?.clear();
    if (this.isClosed) return;
    this.timer = this.options.clock.setTimer(delayMs, () => void this.check());
  }

  private async refresh(): Promise<void> {
    if ((await this.isCurrent()) && !(await this.isRemoved())) return;
    const { created, isEmpty } = await this.bucket.ensure();
    if (this.pass?.created === created) return;
    this.pass?.watch.stop();
    this.pass = await this.startPass(created);
    if (isEmpty) this.loaded(this.pass);
  }

  /** One question, where to make sure that the bucket is there takes several. */
  private async isCurrent(): Promise<boolean> {
    const { pass } = this;
    if (pass === undefined) return false;
    try {
      return (await this.bucket.created()) === pass.created;
    } catch {
      // Deleted, or not to be read: making it tells which.
      return false;
    }
  }

  /**
   * A nats-server whose disk was full stores nothing more in the bucket, also when
   * there is room again, until it is started anew or the bucket is. Workers
   * have all that stood in it, and write it again. True: it is gone, and is to be
   * made at once, before a worker does, who knows nothing of copies.
   */
  private async isRemoved(): Promise<boolean> {
    const { bucket, log, isLeading } = this.options;
    if (!isLeading()) return false;
    const state = await this.probe.look(this.bucket);
    this.sayStored(state === 'failing' || state === 'broken');
    if (state !== 'broken') return false;
    log.warn({ bucket }, 'directory is made anew, for workers to fill');
    await this.bucket.destroy();
    return true;
  }

  /** Once, until it stores again. */
  private sayStored(isFailing: boolean): void {
    const { bucket, log } = this.options;
    if (isFailing && !this.isFailing) {
      log.warn({ bucket, code: 'NATS_REFUSED' }, 'directory stores nothing');
    }
    this.isFailing = isFailing;
  }

  private async startPass(created: string): Promise<Pass> {
    const watch = await this.bucket.watch();
    const pass: Pass = { entries: new Map(), created, watch };
    void this.follow(pass);
    return pass;
  }

  private async follow(pass: Pass): Promise<void> {
    for await (const { key, value, isLast } of pass.watch) {
      const entry = value === undefined ? undefined : parseDirectoryEntry(value);
      if (entry === undefined) pass.entries.delete(streamKeyOf(key));
      else pass.entries.set(streamKeyOf(key), entry);
      if (isLast) this.loaded(pass);
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

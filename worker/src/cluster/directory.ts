import {
  bucketKey,
  encodeDirectoryEntry,
  parseDirectoryEntry,
  streamKeyOf,
  type DirectoryEntry,
} from '@streamcluster/proto';
import { WorkerError } from '../errors.ts';
import type { Clock } from '../stream/clock.ts';
import type { Bus, ReadResult, WriteResult } from './bus.ts';
import { isNewer } from './precedence.ts';
import { nonce, type Random } from './random.ts';

/** What a change makes of what is there: an entry (its nonce is drawn anew),
 * nothing, or no change. */
export type Decision = Omit<DirectoryEntry, 'nonce'> | 'remove' | 'keep';
export type Decide = (current: DirectoryEntry | undefined) => Decision;

export type ChangeResult =
  /** Written; or kept, with what is there. */
  | { readonly kind: 'done' | 'kept'; readonly entry: DirectoryEntry | undefined }
  /** Nobody answered: nothing is known. */
  | { readonly kind: 'unavailable' };

export type EntryListener = (streamKey: string, entry: DirectoryEntry | undefined) => void;

/** A stream that was not there is not asked for again for so long. */
const NEGATIVE_MS = 1_000;
const MAX_NEGATIVES = 10_000;
const MAX_ATTEMPTS = 8;
/** A bucket made anew lacks what its ingest workers have not written again: each of
 * them notices by itself, one that hung with NATS after some seconds. */
const DEPARTED_MS = 10_000;

interface Departed {
  readonly entry: DirectoryEntry;
  readonly untilMs: number;
}

interface Cached {
  readonly entry: DirectoryEntry;
  readonly revision: number;
  /** Which load of the bucket the revision belongs to. */
  readonly load: number;
}

/**
 * Which worker has which stream: the bucket, cached whole. The cache may lag
 * and outlives the bucket; what is decided is decided by compare-and-set on
 * what was just read, never on a cached revision, because revisions start again
 * when a bucket is made anew.
 */
export class Directory {
  private readonly bus: Bus;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly cache = new Map<string, Cached>();
  /** What an earlier bucket had and this one has not yet. */
  private readonly departed = new Map<string, Departed>();
  private readonly negatives = new Map<string, number>();
  private readonly epochs = new Map<string, number>();
  private readonly entryListeners: EntryListener[] = [];
  private readonly loadListeners: (() => void)[] = [];
  private load = 0;
  private watchedRevision = 0;
  private hasLoaded = false;

  constructor(options: { readonly bus: Bus; readonly clock: Clock; readonly random: Random }) {
    this.bus = options.bus;
    this.clock = options.clock;
    this.random = options.random;
  }

  start(): void {
    this.bus.watch({
      onReset: () => {
        this.load += 1;
        this.watchedRevision = 0;
      },
      onEntry: (key, value, revision) => {
        this.watchedRevision = Math.max(this.watchedRevision, revision);
        this.apply(
          streamKeyOf(key),
          value === undefined ? undefined : parseDirectoryEntry(value),
          revision,
        );
      },
      onLoaded: () => this.loaded(),
    });
  }

  /** True once the bucket was read whole, however long ago. */
  get isLoaded(): boolean {
    return this.hasLoaded;
  }

  get size(): number {
    return this.cache.size;
  }

  onEntry(listener: EntryListener): void {
    this.entryListeners.push(listener);
  }

  /** Called whenever the bucket was read whole: first, after a reconnect, after
   * it was made anew. Own entries may be missing then. */
  onLoaded(listener: () => void): void {
    this.loadListeners.push(listener);
  }

  get(streamKey: string): DirectoryEntry | undefined {
    return this.cache.get(streamKey)?.entry;
  }

  entries(): [string, DirectoryEntry][] {
    return [...this.cache].map(([key, { entry }]) => [key, entry]);
  }

  /** The highest epoch ever seen of a stream, 0 without. */
  highestEpoch(streamKey: string): number {
    return this.epochs.get(streamKey) ?? 0;
  }

  /** Cached, else asked of the leader, at most once a second for what is not
   * there, else what a bucket had that was lost a moment ago. Rejects with
   * DIRECTORY_UNAVAILABLE. */
  async lookUp(streamKey: string): Promise<DirectoryEntry | undefined> {
    const known = this.get(streamKey);
    if (known !== undefined) return known;
    const askedAtMs = this.negatives.get(streamKey);
    const isAbsent = askedAtMs !== undefined && this.clock.nowMs() - askedAtMs < NEGATIVE_MS;
    const found = isAbsent ? undefined : await this.read(streamKey);
    return found ?? this.departedOf(streamKey);
  }

  /** Asked of the leader. Rejects with DIRECTORY_UNAVAILABLE. */
  async read(streamKey: string): Promise<DirectoryEntry | undefined> {
    const result = await this.readFresh(streamKey);
    if (result.kind === 'unavailable') throw new WorkerError('DIRECTORY_UNAVAILABLE');
    return result.kind === 'found' ? parseDirectoryEntry(result.value) : undefined;
  }

  /** Reads, decides, writes; again when somebody else was faster. */
  async change(streamKey: string, decide: Decide): Promise<ChangeResult> {
    const mark = nonce(this.random);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const result = await this.attempt(streamKey, decide, mark);
      if (result !== 'again') return result;
    }
    return { kind: 'unavailable' };
  }

  private async attempt(
    streamKey: string,
    decide: Decide,
    mark: string,
  ): Promise<ChangeResult | 'again'> {
    const found = await this.readFresh(streamKey);
    if (found.kind === 'unavailable') return { kind: 'unavailable' };
    const current = found.kind === 'found' ? parseDirectoryEntry(found.value) : undefined;
    // An earlier attempt that nobody answered went through after all.
    if (current?.nonce === mark) return { kind: 'done', entry: current };
    const decision = decide(current);
    if (decision === 'keep') return { kind: 'kept', entry: current };
    const next = decision === 'remove' ? undefined : { ...decision, nonce: mark };
    const { kind } = await this.write(streamKey, next, found.revision);
    if (kind === 'written') return { kind: 'done', entry: next };
    return kind === 'unavailable' ? { kind } : 'again';
  }

  private async readFresh(streamKey: string): Promise<ReadResult> {
    const { load } = this;
    const result = await this.bus.read(bucketKey(streamKey));
    if (result.kind === 'found') this.applyAnswer(streamKey, result, load);
    else if (result.kind === 'absent') this.noteAbsent(streamKey);
    return result;
  }

  private async write(
    streamKey: string,
    entry: DirectoryEntry | undefined,
    revision: number,
  ): Promise<WriteResult> {
    const { load } = this;
    const value = entry === undefined ? undefined : encodeDirectoryEntry(entry);
    const result = await this.bus.write(bucketKey(streamKey), value, revision);
    if (result.kind === 'written') {
      this.applyAnswer(streamKey, { value, revision: result.revision }, load);
    }
    return result;
  }

  /** Answers may come later than what the watch tells: those are dropped. */
  private applyAnswer(
    streamKey: string,
    answer: { readonly value: Uint8Array | undefined; readonly revision: number },
    load: number,
  ): void {
    if (load !== this.load || answer.revision <= this.watchedRevision) return;
    const entry = answer.value === undefined ? undefined : parseDirectoryEntry(answer.value);
    this.apply(streamKey, entry, answer.revision);
  }

  private apply(streamKey: string, entry: DirectoryEntry | undefined, revision: number): void {
    const cached = this.cache.get(streamKey);
    if (cached !== undefined && cached.load === this.load && revision <= cached.revision) return;
    this.departed.delete(streamKey);
    if (entry === undefined) {
      if (cached !== undefined) this.forget(streamKey);
      return;
    }
    this.negatives.delete(streamKey);
    this.noteEpoch(streamKey, entry.epoch);
    this.cache.set(streamKey, { entry, revision, load: this.load });
    if (cached?.entry.nonce === entry.nonce && !isNewer(entry, cached.entry)) return;
    this.tell(streamKey, entry);
  }

  private forget(streamKey: string): void {
    this.cache.delete(streamKey);
    this.tell(streamKey, undefined);
  }

  private tell(streamKey: string, entry: DirectoryEntry | undefined): void {
    for (const listener of this.entryListeners) listener(streamKey, entry);
  }

  /** What an earlier bucket had and this one has not is gone, or will be written again. */
  private loaded(): void {
    const nowMs = this.clock.nowMs();
    for (const [streamKey, { untilMs }] of this.departed) {
      if (nowMs >= untilMs) this.departed.delete(streamKey);
    }
    for (const [streamKey, { entry, load }] of [...this.cache]) {
      if (load === this.load) continue;
      this.departed.set(streamKey, { entry, untilMs: nowMs + DEPARTED_MS });
      this.forget(streamKey);
    }
    this.hasLoaded = true;
    for (const listener of this.loadListeners) listener();
  }

  private departedOf(streamKey: string): DirectoryEntry | undefined {
    const departed = this.departed.get(streamKey);
    if (departed === undefined || this.clock.nowMs() < departed.untilMs) return departed?.entry;
    this.departed.delete(streamKey);
    return undefined;
  }

  private noteAbsent(streamKey: string): void {
    if (this.negatives.size >= MAX_NEGATIVES) this.negatives.clear();
    this.negatives.set(streamKey, this.clock.nowMs());
  }

  private noteEpoch(streamKey: string, epoch: number): void {
    if (this.epochs.size >= MAX_NEGATIVES && !this.epochs.has(streamKey)) this.epochs.clear();
    this.epochs.set(streamKey, Math.max(epoch, this.highestEpoch(streamKey)));
  }
}

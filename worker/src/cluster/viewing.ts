import { WorkerError } from '../errors.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from '../stream/clock.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import type { Claims } from './claims.ts';
import type { Directory } from './directory.ts';
import type { DirectoryEntry } from '@streamcluster/proto';
import type { Relays } from './relays.ts';
import type { Settings } from './settings.ts';

export interface ViewingOptions {
  readonly self: string;
  readonly directory: Directory;
  readonly streams: StreamRegistry;
  readonly claims: Claims;
  readonly relays: Relays;
  readonly settings: Settings;
  readonly clock: Clock;
}

const MAX_WAITERS = 10_000;

/** Finds the stream that a viewer asks for. */
export class Viewing {
  private readonly options: ViewingOptions;
  private readonly waiters = new Map<string, Set<() => void>>();
  private waiting = 0;

  constructor(options: ViewingOptions) {
    this.options = options;
  }

  start(): void {
    this.options.directory.onEntry((key, entry) => {
      if (entry !== undefined) this.wake(key);
    });
  }

  /** Here already: ours, followed, or ended a moment ago (its last playlist). */
  viewSync(name: StreamName): Stream | undefined {
    const { streams, claims, relays } = this.options;
    const stream = streams.get(name);
    if (stream === undefined) return undefined;
    if (claims.get(name.key)?.stream === stream) return stream;
    return stream.state !== 'ended' && relays.isOpen(name) ? stream : undefined;
  }

  async view(name: StreamName): Promise<Stream> {
    const here = this.viewSync(name);
    if (here !== undefined) return here;
    const entry = (await this.lookUp(name)) ?? (await this.waitForEntry(name));
    if (entry !== undefined) return await this.open(name, entry);
    return this.endedCopy(name);
  }

  private async open(name: StreamName, entry: DirectoryEntry): Promise<Stream> {
    const { self, claims, relays } = this.options;
    // Its publisher may have come while we asked.
    const claim = claims.get(name.key);
    if (claim !== undefined) return claim.stream;
    // An entry of ours without a stream is of an earlier life of this worker.
    if (entry.ingest === self && !relays.has(name)) return this.endedCopy(name);
    const stream = this.options.streams.get(name);
    if (stream?.state === 'ended' && relays.hasEnded(stream, entry)) return this.endedCopy(name);
    return await relays.open(name, entry);
  }

  private lookUp(name: StreamName): Promise<DirectoryEntry | undefined> {
    return this.options.directory.lookUp(name.key);
  }

  /** The last playlist of a stream that ended here is still asked for. */
  private endedCopy(name: StreamName): Stream {
    const stream = this.options.streams.get(name);
    if (stream?.state === 'ended' && stream.nextSequence >= 0) return stream;
    throw new WorkerError('STREAM_NOT_FOUND', name.key);
  }

  private async waitForEntry(name: StreamName): Promise<DirectoryEntry | undefined> {
    const { settings, clock, directory } = this.options;
    const waitMs = settings.streams.waitForPublisherSeconds * 1_000;
    if (waitMs === 0 || this.waiting >= MAX_WAITERS) return undefined;
    const woken = Promise.withResolvers<undefined>();
    const wake = (): void => woken.resolve(undefined);
    this.addWaiter(name.key, wake);
    const timer = clock.setTimer(waitMs, wake);
    await woken.promise;
    timer.clear();
    this.removeWaiter(name.key, wake);
    return directory.get(name.key);
  }

  private addWaiter(key: string, wake: () => void): void {
    const waiters = this.waiters.get(key) ?? new Set();
    this.waiters.set(key, waiters.add(wake));
    this.waiting += 1;
  }

  private removeWaiter(key: string, wake: () => void): void {
    const waiters = this.waiters.get(key);
    waiters?.delete(wake);
    if (waiters?.size === 0) this.waiters.delete(key);
    this.waiting -= 1;
  }

  private wake(key: string): void {
    for (const wake of this.waiters.get(key) ?? []) wake();
  }
}

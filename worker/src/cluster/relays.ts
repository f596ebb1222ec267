import type { DirectoryEntry } from '@streamcluster/proto';
import type { Logger } from 'pino';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from '../stream/clock.ts';
import type { RelayCloseReason } from '../stream/relay-source.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import type { Directory } from './directory.ts';
import { Following, TICK_MS, type FollowingOptions } from './following.ts';
import { lookUntil } from './look-until.ts';
import type { RelayDialer } from './peers.ts';
import type { Place } from './place.ts';
import type { Random } from './random.ts';
import type { RelayGuests } from './relay-guests.ts';
import type { Settings } from './settings.ts';
import type { Workers } from './workers.ts';

export interface RelaysOptions {
  readonly workers: Workers;
  readonly directory: Directory;
  readonly streams: StreamRegistry;
  readonly dialer: RelayDialer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly settings: Settings;
  readonly guests: Pick<RelayGuests, 'dismiss'>;
  /** See FollowingOptions. */
  readonly feedsServers: FollowingOptions['feedsServers'];
}

/** A worker that refused a connection is not asked first for so long. */
const UNREACHABLE_MS = 3_000;
/** The entry of a stream that ended is taken out of the directory by then. */
const TAKEN_OUT_MS = 3_000;
/** How long a worker that is to serve may take to catch up, and how often it looks. */
const PREPARE = { withinMs: 3_000, everyMs: 10 };

/** The streams that this worker follows, each by one relay. */
export class Relays {
  private readonly options: RelaysOptions;
  private readonly following = new Map<string, Following>();
  private readonly unreachable = new Map<string, number>();
  /** Streams whose end was told, and the entries' nonces then. */
  private readonly ended = new WeakMap<Stream, { nonce: string; untilMs: number }>();

  constructor(options: RelaysOptions) {
    this.options = options;
  }

  start(): void {
    this.options.directory.onEntry((key, entry) => {
      if (entry !== undefined) this.following.get(key)?.moved(entry);
    });
    this.schedule();
  }

  get size(): number {
    return this.following.size;
  }

  has(name: StreamName): boolean {
    return this.following.has(name.key);
  }

  get(streamKey: string): Following | undefined {
    return this.following.get(streamKey);
  }

  /** The stream is here and has media, or had some. */
  isOpen(name: StreamName): boolean {
    return this.following.get(name.key)?.relay.isGreeted ?? false;
  }

  /** The stream is over, and the entry, which still tells of it, not taken out yet: to
   * open it again would lose its last playlist for nothing. Whoever told of the end may
   * have been cut off itself, so that is believed for a moment. */
  hasEnded(stream: Stream, { nonce }: DirectoryEntry): boolean {
    const ended = this.ended.get(stream);
    return ended?.nonce === nonce && this.options.clock.nowMs() < ended.untilMs;
  }

  /** One relay for all who ask. Rejects with STREAM_UPSTREAM_LOST. */
  open(name: StreamName, place: Place): Promise<Stream> {
    const present = this.following.get(name.key);
    if (present !== undefined) return present.opened.promise;
    return this.follow(this.options.streams.open(name), place).opened.promise;
  }

  /** A stream that was ours: its publisher is elsewhere now. */
  adopt(stream: Stream, place: Place): void {
    this.stop(stream.name);
    this.follow(stream, place);
  }

  /** Follows it as it is to be. True once all of it is here; false when that takes
   * too long. */
  async prepare(name: StreamName, place: Place): Promise<boolean> {
    const { clock, streams } = this.options;
    const following = this.following.get(name.key) ?? this.follow(streams.open(name), place);
    following.announced(place);
    return await lookUntil(clock, PREPARE, () => following.isReady);
  }

  /** The stream's publisher is here now. */
  stop(name: StreamName): void {
    this.following.get(name.key)?.relay.close('moved');
  }

  /** For /debug/objects. */
  describe(): object[] {
    return [...this.following].map(([stream, { relay, place }]) => ({
      stream,
      upstream: relay.upstreamWorker,
      isConnected: relay.isConnected,
      epoch: place.epoch,
    }));
  }

  closeAll(): void {
    for (const { relay } of [...this.following.values()]) relay.close('moved');
  }

  private follow(stream: Stream, place: Place): Following {
    const options: FollowingOptions = {
      ...this.options,
      isReachable: (worker) => this.isReachable(worker),
      onUnreachable: (worker) =>
        void this.unreachable.set(worker, this.options.clock.nowMs() + UNREACHABLE_MS),
      onCutOff: ({ name }) => this.options.guests.dismiss(name.key),
      onClosed: (closed, reason) => this.closed(closed, reason),
    };
    const following = new Following(stream, place, options);
    this.following.set(stream.name.key, following);
    following.relay.connect();
    return following;
  }

  private isReachable(worker: string): boolean {
    const untilMs = this.unreachable.get(worker) ?? -Infinity;
    return this.options.clock.nowMs() >= untilMs && this.options.workers.isAlive(worker);
  }

  private schedule(): void {
    this.options.clock.setTimer(TICK_MS, () => {
      this.tick();
      this.schedule();
    });
  }

  private tick(): void {
    const nowMs = this.options.clock.nowMs();
    for (const following of [...this.following.values()]) following.tick(nowMs);
    for (const [worker, untilMs] of this.unreachable) {
      if (nowMs >= untilMs) this.unreachable.delete(worker);
    }
  }

  private closed(following: Following, reason: RelayCloseReason): void {
    const { stream, relay, opened } = following;
    const { key } = stream.name;
    if (this.following.get(key) !== following) return;
    this.following.delete(key);
    const entry = this.options.directory.get(key);
    const isOfEntry = entry?.epoch === following.place.epoch;
    if (relay.hasToldEnd && isOfEntry) {
      const untilMs = this.options.clock.nowMs() + TAKEN_OUT_MS;
      this.ended.set(stream, { nonce: entry.nonce, untilMs });
    }
    if (reason === 'moved') opened.resolve(stream);
    else opened.reject(following.failure());
    // It never had anything to show.
    if (!relay.isGreeted) this.options.streams.remove(stream, 'ended');
    this.options.log.info({ stream: key, reason }, 'stopped following');
  }
}

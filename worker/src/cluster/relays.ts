import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from '../stream/clock.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { RelayCloseReason } from '../stream/relay-source.ts';
import type { Stream } from '../stream/stream.ts';
import type { Directory } from './directory.ts';
import type { DirectoryEntry } from '@streamcluster/proto';
import type { RelayDialer } from './peers.ts';
import type { Random } from './random.ts';
import { Relay, type Upstream } from './relay.ts';
import type { Settings } from './settings.ts';
import { upstreamOf } from './upstream.ts';
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
}

type Place = Pick<DirectoryEntry, 'home' | 'ingest' | 'epoch'>;

interface Following {
  readonly relay: Relay;
  readonly opened: PromiseWithResolvers<Stream>;
  /** What the directory said last, or a release told before it did. */
  place: Place;
  lastReadMs: number;
  absentSinceMs: number | undefined;
  /** When a connection was lost last. */
  lostAtMs: number;
  detourMs: number;
  isAsking: boolean;
}

const TICK_MS = 500;
/** A first connection that takes longer fails whoever waits for it. */
const OPEN_MS = 5_000;
/** A relay outlives its last reader, for those who switch back. */
const LINGER_MS = 10_000;
/** A worker that refused a connection is not asked first for so long. */
const UNREACHABLE_MS = 3_000;
/** How long the directory must not have the stream before it is over. */
const ABSENT_MS = 3_000;
/** After a detour by the ingest worker the home is tried again, less and less
 * often: a home that takes connections and sends nothing costs seconds. */
const FIRST_DETOUR_MS = 15_000;
const MAX_DETOUR_MS = 600_000;
/** Beyond the publisher's grace, for hand-overs under way. */
const LOST_EXTRA_MS = 5_000;

/** The streams that this worker follows, each by one relay. */
export class Relays {
  private readonly options: RelaysOptions;
  private readonly following = new Map<string, Following>();
  private readonly unreadSince = new Map<string, number>();
  private readonly unreachable = new Map<string, number>();

  constructor(options: RelaysOptions) {
    this.options = options;
  }

  start(): void {
    this.options.directory.onEntry((key, entry) => {
      if (entry !== undefined) this.moved(key, entry);
    });
    this.schedule();
  }

  get size(): number {
    return this.following.size;
  }

  has(name: StreamName): boolean {
    return this.following.has(name.key);
  }

  /** The stream is here and has media, or had some. */
  isOpen(name: StreamName): boolean {
    return this.following.get(name.key)?.relay.isGreeted ?? false;
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
    const { clock, random, dialer, log } = this.options;
    const { key } = stream.name;
    const relay = new Relay({
      stream,
      clock,
      random,
      dialer,
      log,
      upstream: () => this.upstreamOf(key),
      onOpened: () => this.opened(key),
      onLost: (_relay, worker) => this.lost(key, worker),
      onClosed: (closed, reason) => this.closed(closed, reason),
    });
    const following: Following = {
      relay,
      opened: Promise.withResolvers<Stream>(),
      place,
      lastReadMs: -Infinity,
      absentSinceMs: undefined,
      lostAtMs: -Infinity,
      detourMs: FIRST_DETOUR_MS,
      isAsking: false,
    };
    following.opened.promise.catch(() => undefined);
    this.following.set(key, following);
    if (relay.isGreeted) following.opened.resolve(stream);
    relay.connect();
    return following;
  }

  private upstreamOf(key: string): Upstream | undefined {
    const { workers } = this.options;
    const place = this.following.get(key)?.place;
    if (place === undefined) return undefined;
    const isReachable = (worker: string): boolean => this.isReachable(worker);
    const worker = upstreamOf({ self: workers.self, entry: place, isReachable });
    if (worker === undefined) return undefined;
    return { worker, address: workers.get(worker)?.httpAddress, epoch: place.epoch };
  }

  private isReachable(worker: string): boolean {
    const failedAtMs = this.unreachable.get(worker) ?? -Infinity;
    if (this.options.clock.nowMs() - failedAtMs < UNREACHABLE_MS) return false;
    return this.options.workers.isAlive(worker);
  }

  private opened(key: string): void {
    const following = this.following.get(key);
    if (following === undefined) return;
    following.absentSinceMs = undefined;
    following.opened.resolve(following.relay.stream);
  }

  /** The directory changed: the upstream may be another one now. */
  private moved(key: string, entry: DirectoryEntry): void {
    const following = this.following.get(key);
    if (following === undefined || entry.epoch < following.place.epoch) return;
    if (entry.home !== following.place.home) following.detourMs = FIRST_DETOUR_MS;
    following.place = entry;
    following.absentSinceMs = undefined;
    following.relay.connect();
  }

  private lost(key: string, worker: string | undefined): void {
    if (worker !== undefined) this.unreachable.set(worker, this.options.clock.nowMs());
    const following = this.following.get(key);
    if (following === undefined) return;
    following.lostAtMs = this.options.clock.nowMs();
    this.ask(key, following);
  }

  /** Where is it now? The leader knows; at most twice a second. */
  private ask(key: string, following: Following): void {
    const { directory, clock } = this.options;
    if (following.isAsking || clock.nowMs() - following.lastReadMs < TICK_MS) return;
    following.isAsking = true;
    following.lastReadMs = clock.nowMs();
    directory
      .read(key)
      .then((entry) => {
        if (entry === undefined) following.absentSinceMs ??= clock.nowMs();
        else this.moved(key, entry);
      })
      // With the directory away, what is known has to do.
      .catch(() => undefined)
      .finally(() => (following.isAsking = false));
  }

  private schedule(): void {
    this.options.clock.setTimer(TICK_MS, () => {
      this.tick();
      this.schedule();
    });
  }

  private tick(): void {
    const nowMs = this.options.clock.nowMs();
    for (const [key, following] of [...this.following]) {
      const { relay } = following;
      relay.tick(nowMs);
      if (relay.lostSinceMs !== undefined) this.checkLost(key, following, nowMs);
      else if (nowMs - following.lostAtMs >= following.detourMs) this.endDetour(key, following);
      this.checkUnread(key, relay, nowMs);
    }
    for (const [worker, atMs] of this.unreachable) {
      if (nowMs - atMs > UNREACHABLE_MS) this.unreachable.delete(worker);
    }
  }

  /** Connected, but not to the right worker: back, unless it failed lately. */
  private endDetour(key: string, following: Following): void {
    const { relay } = following;
    if (this.upstreamOf(key)?.worker === relay.upstreamWorker) return;
    following.detourMs = Math.min(MAX_DETOUR_MS, following.detourMs * 2);
    relay.connect();
  }

  private checkLost(key: string, following: Following, nowMs: number): void {
    const { relay } = following;
    const lostMs = nowMs - (relay.lostSinceMs ?? nowMs);
    const absentMs = nowMs - (following.absentSinceMs ?? nowMs);
    this.ask(key, following);
    const graceMs = this.options.settings.streams.publisherGraceSeconds * 1_000;
    if (!relay.isGreeted) {
      if (absentMs >= TICK_MS || lostMs >= OPEN_MS) relay.close('lost');
    } else if (absentMs >= ABSENT_MS || lostMs >= graceMs + LOST_EXTRA_MS) {
      relay.close('ended');
    }
  }

  private checkUnread(key: string, relay: Relay, nowMs: number): void {
    if (relay.stream.isRead || !relay.isGreeted) {
      this.unreadSince.delete(key);
      return;
    }
    const sinceMs = this.unreadSince.get(key) ?? nowMs;
    this.unreadSince.set(key, sinceMs);
    if (nowMs - sinceMs >= LINGER_MS) relay.close('unread');
  }

  private closed(relay: Relay, reason: RelayCloseReason): void {
    const { key } = relay.stream.name;
    const following = this.following.get(key);
    if (following?.relay !== relay) return;
    this.following.delete(key);
    this.unreadSince.delete(key);
    if (reason === 'moved') following.opened.resolve(relay.stream);
    else following.opened.reject(this.failureOf(following));
    // It never had anything to show.
    if (!relay.isGreeted) this.options.streams.remove(relay.stream, 'ended');
    this.options.log.info({ stream: key, reason }, 'stopped following');
  }

  private failureOf(following: Following): WorkerError {
    const { key } = following.relay.stream.name;
    const code =
      following.absentSinceMs === undefined ? 'STREAM_UPSTREAM_LOST' : 'STREAM_NOT_FOUND';
    return new WorkerError(code, key);
  }
}

import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import type { Clock } from '../stream/clock.ts';
import type { RelayCloseReason } from '../stream/relay-source.ts';
import type { Stream } from '../stream/stream.ts';
import type { DirectoryEntry } from '@streamcluster/proto';
import type { Directory } from './directory.ts';
import type { RelayDialer } from './peers.ts';
import { isServer, type Place } from './place.ts';
import type { Random } from './random.ts';
import { Relay, type RelayLoss, type Upstream } from './relay.ts';
import type { Settings } from './settings.ts';
import { upstreamOf, type UpstreamChoice } from './upstream.ts';
import type { Workers } from './workers.ts';

export interface FollowingOptions {
  readonly workers: Workers;
  readonly directory: Directory;
  readonly dialer: RelayDialer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly settings: Settings;
  /** Home or replicas pull the stream from here. */
  readonly feedsServers: (streamKey: string, place: Place) => boolean;
  /** Lives, and took connections lately. */
  readonly isReachable: (worker: string) => boolean;
  readonly onUnreachable: (worker: string) => void;
  /** Whoever pulls the stream from here had better pull it from somebody else. */
  readonly onCutOff: (stream: Stream) => void;
  readonly onClosed: (following: Following, reason: RelayCloseReason) => void;
}

export const TICK_MS = 500;
/** A first connection that takes longer fails whoever waits for it. */
const OPEN_MS = 5_000;
/** A relay outlives its last reader, for those who switch back. */
const LINGER_MS = 10_000;
/** How long the directory must not have the stream before it is over. */
const ABSENT_MS = 3_000;
/** After a detour the right upstream is tried again, less and less often: one that
 * takes connections and sends nothing costs seconds. */
const FIRST_DETOUR_MS = 15_000;
const MAX_DETOUR_MS = 600_000;
/** Without its upstream for so long it is of no use to those who pull from here. */
const CUT_OFF_MS = 1_000;
/** Beyond the publisher's grace, for hand-overs under way. */
const LOST_EXTRA_MS = 5_000;
/** Who refused is not asked again for so long, unless the place changes. */
const REFUSED_MS = 3_000;
const FULL_MS = 10_000;
/** An upstream that waits for the publisher for so long may be cut off from it: another
 * one is asked, at last the publisher's worker, which knows. */
const STARVED_MS = 6_000;
/** What is announced must be in the directory by then. */
const ANNOUNCED_MS = 10_000;

/** A stream that this worker follows: where from, and for how long. */
export class Following {
  readonly stream: Stream;
  readonly relay: Relay;
  readonly opened = Promise.withResolvers<Stream>();
  private readonly options: FollowingOptions;
  /** What the directory said last, or somebody told before it did. */
  private current: Place;
  /** What the directory said when a place was taken that it does not have yet. */
  private ahead: DirectoryEntry | 'of nothing' | undefined;
  private announcedUntilMs = Infinity;
  /** Workers that refused: until when. */
  private readonly refused = new Map<string, number>();
  private readonly hints = new Set<string>();
  /** Servers that were full in this place. */
  private readonly full = new Set<string>();
  private lastReadMs = -Infinity;
  private absentSinceMs: number | undefined = undefined;
  /** When a connection was lost last. */
  private lostAtMs = -Infinity;
  private detourMs = FIRST_DETOUR_MS;
  private isAsking = false;
  private unreadSinceMs: number | undefined = undefined;
  private starvedSinceMs: number | undefined = undefined;

  constructor(stream: Stream, place: Place, options: FollowingOptions) {
    const { workers, clock, random, dialer, log } = options;
    this.stream = stream;
    this.current = place;
    this.options = options;
    this.ahead = this.aheadOf(place);
    this.relay = new Relay({
      ...{ self: workers.self, stream, clock, random, dialer, log },
      upstream: () => this.upstream(),
      onOpened: () => this.hasOpened(),
      onLost: (_relay, loss) => this.lost(loss),
      onClosed: (_relay, reason) => options.onClosed(this, reason),
    });
    this.opened.promise.catch(() => undefined);
    if (this.relay.isGreeted) this.opened.resolve(stream);
  }

  get place(): Place {
    return this.current;
  }

  private get isServer(): boolean {
    return isServer(this.options.workers.self, this.current);
  }

  /** It pulls from a server of the stream right now, not from one like itself. */
  get hangsOnServer(): boolean {
    const { isConnected, upstreamWorker: worker } = this.relay;
    return isConnected && worker !== undefined && isServer(worker, this.current);
  }

  /** It had the stream and cannot reach whom it pulls from. */
  get isCutOff(): boolean {
    const { isGreeted, lostSinceMs } = this.relay;
    if (!isGreeted || lostSinceMs === undefined) return false;
    return this.options.clock.nowMs() - lostSinceMs >= CUT_OFF_MS;
  }

  /** It pulls from whom it should and has all of it: ready to serve others. */
  get isReady(): boolean {
    const { relay } = this;
    return relay.isConnected && relay.isCaughtUp && this.choice()?.worker === relay.upstreamWorker;
  }

  /** The directory says who has a part now. Its epochs may be lower than before, when
   * the bucket was lost, or the stream begins anew. */
  moved(entry: DirectoryEntry): void {
    if (this.isOlder(entry)) return;
    this.ahead = undefined;
    this.announcedUntilMs = Infinity;
    this.take(entry);
  }

  /** So it will be: taken back if the directory does not say so soon. */
  announced(place: Place): void {
    const { clock } = this.options;
    this.unreadSinceMs = undefined;
    if (place.epoch < this.current.epoch) return;
    this.announcedUntilMs = clock.nowMs() + ANNOUNCED_MS;
    this.ahead = this.aheadOf(place);
    this.take(place);
  }

  /** Every TICK_MS: deadlines, and what is better than it is. */
  tick(nowMs: number): void {
    const { relay } = this;
    relay.tick(nowMs);
    if (nowMs >= this.announcedUntilMs) this.checkAnnounced();
    if (this.isCutOff) this.options.onCutOff(this.stream);
    if (relay.lostSinceMs !== undefined) this.checkLost(nowMs - relay.lostSinceMs, nowMs);
    else if (nowMs - this.lostAtMs >= this.detourMs) this.endDetour();
    this.checkStarved(nowMs);
    this.checkUnread(nowMs);
  }

  /** What those get who waited for it in vain. */
  failure(): WorkerError {
    const code = this.absentSinceMs === undefined ? 'STREAM_UPSTREAM_LOST' : 'STREAM_NOT_FOUND';
    return new WorkerError(code, this.stream.name.key);
  }

  private take(place: Place): void {
    if (place.epoch !== this.current.epoch) {
      this.refused.clear();
      this.hints.clear();
      this.full.clear();
      this.detourMs = FIRST_DETOUR_MS;
    }
    this.current = place;
    this.absentSinceMs = undefined;
    this.relay.connect();
  }

  private aheadOf({ epoch }: Place): DirectoryEntry | 'of nothing' | undefined {
    const entry = this.options.directory.get(this.stream.name.key);
    if (entry === undefined) return 'of nothing';
    return entry.epoch < epoch ? entry : undefined;
  }

  /** Written before the place that is taken already, and not after the bucket was lost. */
  private isOlder({ epoch, nonce }: DirectoryEntry): boolean {
    const { ahead, current } = this;
    if (ahead === undefined || epoch >= current.epoch) return false;
    return ahead === 'of nothing' || epoch > ahead.epoch || nonce === ahead.nonce;
  }

  /** Whoever announced it may not have got it written. The leader knows: what the watch
   * told may be old, and going back by that could lead in a circle. */
  private checkAnnounced(): void {
    this.announcedUntilMs = Infinity;
    const { current } = this;
    this.options.directory
      .read(this.stream.name.key)
      .then((entry) => {
        if (entry === undefined || this.current !== current) return;
        this.ahead = undefined;
        if (entry.epoch < current.epoch) this.take(entry);
      })
      .catch(() => (this.announcedUntilMs = this.options.clock.nowMs() + ANNOUNCED_MS));
  }

  private choice(): UpstreamChoice | undefined {
    const { workers } = this.options;
    const isUsable = (worker: string): boolean => this.isUsable(worker);
    const { current: place, stream, hints } = this;
    const feedsServers = this.options.feedsServers(stream.name.key, place);
    return upstreamOf({ self: workers.self, place, isUsable, hints, feedsServers });
  }

  private upstream(): Upstream | undefined {
    const choice = this.choice();
    if (choice === undefined) return undefined;
    const { workers } = this.options;
    const address = workers.get(choice.worker)?.httpAddress;
    const { epoch, ingest } = this.current;
    const isFromIngest = choice.worker === ingest;
    return { ...choice, address, epoch, isFromIngest, isServer: this.isServer };
  }

  private isUsable(worker: string): boolean {
    const untilMs = this.refused.get(worker) ?? -Infinity;
    return this.options.clock.nowMs() >= untilMs && this.options.isReachable(worker);
  }

  private hasOpened(): void {
    this.absentSinceMs = undefined;
    this.opened.resolve(this.stream);
  }

  /** True: somebody else can be asked at once. */
  private lost({ worker, refusal }: RelayLoss): boolean {
    const { clock, onUnreachable } = this.options;
    const nowMs = clock.nowMs();
    this.lostAtMs = nowMs;
    if (worker !== undefined && refusal === undefined) onUnreachable(worker);
    if (worker !== undefined && refusal !== undefined) this.refusedBy(worker, refusal);
    this.ask();
    if (refusal === undefined) return false;
    const next = this.choice()?.worker;
    return next !== undefined && this.isUsable(next);
  }

  private refusedBy(
    worker: string,
    { isFull, tryWorker }: NonNullable<RelayLoss['refusal']>,
  ): void {
    const untilMs = this.options.clock.nowMs() + (isFull ? FULL_MS : REFUSED_MS);
    this.refused.set(worker, untilMs);
    if (isFull) this.full.add(worker);
    if (tryWorker !== undefined) this.hints.add(tryWorker);
  }

  /** Where is it now? The leader knows; at most twice a second. */
  private ask(): void {
    const { directory, clock } = this.options;
    if (this.isAsking || clock.nowMs() - this.lastReadMs < TICK_MS) return;
    this.isAsking = true;
    this.lastReadMs = clock.nowMs();
    directory
      .read(this.stream.name.key)
      .then((entry) => {
        // The answer may be older than what the watch told meanwhile.
        const current = directory.get(this.stream.name.key) ?? entry;
        if (entry === undefined || current === undefined) this.absentSinceMs ??= clock.nowMs();
        else this.moved(current);
      })
      // With the directory away, what is known has to do.
      .catch(() => undefined)
      .finally(() => (this.isAsking = false));
  }

  /** Connected, but not to the right worker: back, unless it failed lately. Another
   * server is as right as one that is full. */
  private endDetour(): void {
    const { relay } = this;
    const worker = this.choice()?.worker;
    if (worker === undefined || worker === relay.upstreamWorker) return;
    if (this.hangsOnServer && this.full.has(worker)) return;
    this.detourMs = Math.min(MAX_DETOUR_MS, this.detourMs * 2);
    relay.connect();
  }

  private checkLost(lostMs: number, nowMs: number): void {
    const { relay } = this;
    const absentMs = nowMs - (this.absentSinceMs ?? nowMs);
    this.ask();
    const graceMs = this.options.settings.streams.publisherGraceSeconds * 1_000;
    if (!relay.isGreeted) {
      if (absentMs >= TICK_MS || lostMs >= OPEN_MS) relay.close('lost');
    } else if (absentMs >= ABSENT_MS || lostMs >= graceMs + LOST_EXTRA_MS) {
      relay.close('ended');
    }
  }

  private checkStarved(nowMs: number): void {
    const { relay, stream, current } = this;
    const { upstreamWorker: worker } = relay;
    const isWaiting = relay.isConnected && stream.state === 'waiting';
    if (!isWaiting || worker === undefined || worker === current.ingest) {
      this.starvedSinceMs = undefined;
      return;
    }
    this.starvedSinceMs ??= nowMs;
    if (nowMs - this.starvedSinceMs < STARVED_MS) return;
    this.starvedSinceMs = undefined;
    this.lostAtMs = nowMs;
    this.refused.set(worker, nowMs + FIRST_DETOUR_MS);
    relay.connect();
  }

  private checkUnread(nowMs: number): void {
    if (this.stream.isRead || !this.relay.isGreeted) {
      this.unreadSinceMs = undefined;
      return;
    }
    this.unreadSinceMs ??= nowMs;
    if (nowMs - this.unreadSinceMs >= LINGER_MS) this.relay.close('unread');
  }
}

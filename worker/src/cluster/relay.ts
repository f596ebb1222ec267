import type { Logger } from 'pino';
import type { Clock, Timer } from '../stream/clock.ts';
import { RelayFeed } from '../stream/relay-feed.ts';
import type { RelaySource, RelayCloseReason } from '../stream/relay-source.ts';
import type { Stream } from '../stream/stream.ts';
import type { RelayDialer, RelayLink, RelayRefusal } from './peers.ts';
import { jitter, type Random } from './random.ts';
import type { UpstreamChoice } from './upstream.ts';

/** Where a relay takes its stream from. */
export interface Upstream extends UpstreamChoice {
  /** `host:port`; undefined while the worker was not heard of yet. */
  readonly address: string | undefined;
  readonly epoch: number;
  /** The publisher is there. */
  readonly isFromIngest: boolean;
  /** This worker serves the stream to others, or is about to. */
  readonly isServer: boolean;
}

/** How a connection failed. */
export interface RelayLoss {
  /** Undefined: there was nobody to ask. */
  readonly worker: string | undefined;
  /** Undefined: it broke, or was never there. */
  readonly refusal: RelayRefusal | undefined;
}

export interface RelayOptions {
  readonly self: string;
  readonly stream: Stream;
  readonly clock: Clock;
  readonly random: Random;
  readonly dialer: RelayDialer;
  readonly log: Logger;
  /** Asked before every connection. Undefined: nobody has the stream. */
  readonly upstream: () => Upstream | undefined;
  /** The upstream has said hello on a connection. */
  readonly onOpened: (relay: Relay) => void;
  /** A connection failed. It dials again unless it is closed in the call; at once
   * when the answer is that there is somebody else to ask. */
  readonly onLost: (relay: Relay, loss: RelayLoss) => boolean;
  /** The relay is over, by whatever side. */
  readonly onClosed: (relay: Relay, reason: RelayCloseReason) => void;
}

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2_000;
/** An upstream says something at least once a second. */
const SILENCE_MS = 4_000;
/** One that sends nothing but what is here already is of another branch. */
const STUCK_MS = 5_000;

/**
 * This worker's one upstream connection for a stream: dials, feeds what comes
 * into the stream, dials again at the sequence where it was.
 */
export class Relay {
  readonly stream: Stream;
  /** When the present loss began; undefined while connected. */
  lostSinceMs: number | undefined;
  private readonly options: RelayOptions;
  private readonly source: RelaySource;
  private readonly removeEnded: () => void;
  private link: RelayLink | undefined = undefined;
  private feed: RelayFeed | undefined = undefined;
  private refusal: RelayRefusal | undefined = undefined;
  private worker: string | undefined = undefined;
  private retry: Timer | undefined = undefined;
  private retryMs = FIRST_RETRY_MS;
  private lastBytesAtMs: number;
  private dialedAtMs = 0;
  /** As of the tick before. */
  private duplicates = 0;
  private greeted: boolean;
  private isClosed = false;
  private isEndTold = false;

  constructor(options: RelayOptions) {
    this.options = options;
    this.stream = options.stream;
    this.source = options.stream.follow();
    this.greeted = options.stream.nextSequence >= 0;
    this.lostSinceMs = options.clock.nowMs();
    this.lastBytesAtMs = options.clock.nowMs();
    this.removeEnded = options.stream.onEnded(() => {
      this.isEndTold = true;
      this.finish('ended');
    });
  }

  /** True once an upstream has said hello, or when the stream was here before. */
  get isGreeted(): boolean {
    return this.greeted;
  }

  /** Its upstream said that the stream is over; nobody concluded it. */
  get hasToldEnd(): boolean {
    return this.isEndTold;
  }

  get isConnected(): boolean {
    return this.lostSinceMs === undefined;
  }

  get upstreamWorker(): string | undefined {
    return this.worker;
  }

  /** Its present upstream has said what it has. */
  get hasHello(): boolean {
    return this.link !== undefined && this.feed?.isGreeted === true;
  }

  /** It has all that its present upstream had when it came. */
  get isCaughtUp(): boolean {
    return this.hasHello && this.source.isCaughtUp;
  }

  /** Dials now, unless it is connected to the right worker already. */
  connect(): void {
    if (this.isClosed) return;
    const upstream = this.options.upstream();
    if (this.link !== undefined && upstream?.worker === this.worker) return;
    this.dropLink();
    this.retry?.clear();
    this.worker = upstream?.worker;
    if (upstream?.address === undefined) this.lost();
    else this.dial({ ...upstream, address: upstream.address });
  }

  /** Called about once a second: an upstream that hangs is left. */
  tick(nowMs: number): void {
    if (this.link === undefined) return;
    if (this.isStuck(nowMs)) {
      this.refuse('other-incarnation');
      return;
    }
    if (nowMs - this.lastBytesAtMs < SILENCE_MS) return;
    this.options.log.info({ stream: this.stream.name.key, upstream: this.worker }, 'relay silent');
    this.dropLink();
    this.lost();
  }

  close(reason: RelayCloseReason): void {
    if (this.isClosed) return;
    this.finish(reason);
    this.source.close(reason);
  }

  /** The upstream sends, and all of it is taken for known: it numbers another branch of
   * the stream, and neither side knows. */
  private isStuck(nowMs: number): boolean {
    const { duplicates, lastAppendAtMs } = this.source;
    const areMore = duplicates > this.duplicates;
    this.duplicates = duplicates;
    return areMore && nowMs - Math.max(this.dialedAtMs, lastAppendAtMs) >= STUCK_MS;
  }

  private dial(upstream: Upstream & { readonly address: string }): void {
    const { app, name } = this.stream.name;
    const feed = new RelayFeed(this.source);
    const { address, epoch, isFromIngest, isServer, isSentOn } = upstream;
    const role = { isFromIngest, isServer, isSentOn };
    const { self, clock, dialer } = this.options;
    this.lastBytesAtMs = clock.nowMs();
    this.dialedAtMs = clock.nowMs();
    this.feed = feed;
    this.refusal = undefined;
    const fromSequence = this.source.nextSequence;
    const link: RelayLink = dialer.dial(
      { address, app, name, epoch, fromSequence, worker: self, ...role },
      {
        onRefused: (refusal) => {
          if (this.link === link) this.refused(refusal);
        },
        onBytes: (buf, start, end) => {
          if (this.link === link) this.onBytes(feed, buf, start, end);
        },
        onClosed: (reason) => {
          if (this.link !== link) return;
          this.link = undefined;
          const fields = { stream: this.stream.name.key, upstream: this.worker, reason };
          if (this.refusal === undefined) this.options.log.info(fields, 'relay closed');
          this.lost();
        },
      },
    );
    this.link = link;
  }

  private refused(refusal: RelayRefusal): void {
    this.refusal = refusal;
    const fields = { stream: this.stream.name.key, upstream: this.worker, ...refusal };
    this.options.log.info(fields, 'relay refused');
  }

  private onBytes(feed: RelayFeed, buf: Buffer, start: number, end: number): void {
    this.lastBytesAtMs = this.options.clock.nowMs();
    const error = feed.push(buf, start, end);
    if (this.isClosed) return;
    if (error !== undefined) this.refuse(error);
    else if (this.lostSinceMs !== undefined) this.connected();
  }

  private connected(): void {
    this.lostSinceMs = undefined;
    this.retryMs = FIRST_RETRY_MS;
    this.greeted = true;
    const fields = { stream: this.stream.name.key, upstream: this.worker };
    this.options.log.info(fields, 'relay opened');
    this.options.onOpened(this);
  }

  /** What comes is unusable, or of another run: that one is watched anew. */
  private refuse(error: string): void {
    const fields = { stream: this.stream.name.key, upstream: this.worker, error };
    this.options.log.warn({ ...fields, code: 'RELAY_BROKEN' }, 'relay broken');
    if (error === 'other-incarnation') {
      this.close('ended');
      return;
    }
    this.dropLink();
    this.lost();
  }

  private lost(): void {
    const { clock, random, onLost } = this.options;
    this.lostSinceMs ??= clock.nowMs();
    if (this.greeted) this.source.state('waiting');
    const { worker, refusal } = this;
    this.refusal = undefined;
    const isElsewhere = onLost(this, { worker, refusal });
    // The answer may have been to end it.
    if (this.isOver()) return;
    this.retry?.clear();
    const waitMs = isElsewhere ? 0 : jitter(random, this.retryMs, 0.2);
    this.retry = clock.setTimer(waitMs, () => this.connect());
    if (!isElsewhere) this.retryMs = Math.min(MAX_RETRY_MS, this.retryMs * 2);
  }

  private isOver(): boolean {
    return this.isClosed;
  }

  private dropLink(): void {
    const { link } = this;
    this.link = undefined;
    link?.close();
  }

  private finish(reason: RelayCloseReason): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.removeEnded();
    this.retry?.clear();
    this.dropLink();
    this.options.onClosed(this, reason);
  }
}

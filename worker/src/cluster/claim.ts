import type { Logger } from 'pino';
import type { Frame } from '../media/frame.ts';
import type { Clock } from '../stream/clock.ts';
import type { PublishSource } from '../stream/publish-source.ts';
import type { Stream } from '../stream/stream.ts';
import type { Place } from './place.ts';
import type { Publication, Publisher, RevokeReason } from './stream-access.ts';

/** A publisher that sent nothing for so long is half-open: the newest with the
 * same name replaces it. */
const HALF_OPEN_MS = 3_000;

/** A publisher's connection on this worker. */
export class LocalPublication implements Publication {
  readonly stream: Stream;
  readonly publisher: Publisher;
  readonly startedUnixMs: number;
  private readonly source: PublishSource;
  private readonly clock: Clock;
  private isClosed = false;

  constructor(stream: Stream, source: PublishSource, publisher: Publisher, clock: Clock) {
    this.stream = stream;
    this.source = source;
    this.publisher = publisher;
    this.clock = clock;
    this.startedUnixMs = clock.unixMs();
  }

  get isOpen(): boolean {
    return !this.isClosed;
  }

  /** Open, and media came lately. */
  get isAlive(): boolean {
    return this.isOpen && this.clock.nowMs() - this.source.lastAppendAtMs < HALF_OPEN_MS;
  }

  append(frame: Frame): void {
    this.source.append(frame);
  }

  close(reason: 'unpublished' | 'lost'): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.source.close(reason);
  }

  /** Closes from outside and tells the protocol. */
  revoke(reason: RevokeReason, log: Logger): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.source.close(reason === 'replaced' ? 'replaced' : 'lost');
    log.info({ stream: this.stream.name.key, reason }, 'publication revoked');
    this.publisher.onRevoked(reason);
  }
}

/**
 * This worker's hold on a stream as its ingest worker: from the first publish
 * until the stream ends (a grace after its publisher left) or is released.
 */
export interface Claim {
  readonly stream: Stream;
  publication: LocalPublication;
  home: string;
  replicas: readonly string[];
  epoch: number;
  /** When the present publisher came: what two-sided claims are judged by. */
  publishedUnixMs: number;
  /** The directory has it. False after a publish without NATS. */
  isConfirmed: boolean;
  /** Nonce of the entry that was there before: its worker let go, or was dead. */
  replaces: string | undefined;
}

export function placeOfClaim({ home, replicas, epoch }: Claim, ingest: string): Place {
  return { ingest, home, replicas, epoch };
}

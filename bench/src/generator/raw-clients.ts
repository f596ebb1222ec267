import type { CloseReason, Connection, ConnectionHandler, Engine } from '@streamcluster/worker';
import type { Feed } from './feed.ts';
import type { CountingViewer } from './viewer.ts';

interface RawTarget {
  readonly engine: Engine;
  readonly host: string;
  readonly port: number;
}

/** Reads whatever a floor writes to who connects. */
export class CountingRawViewer implements CountingViewer, ConnectionHandler {
  isClosed = false;
  status = 0;
  readonly connection: Connection;

  constructor({ engine, host, port }: RawTarget) {
    this.connection = engine.connect(host, port, this);
  }

  onConnect(): void {
    this.status = 200;
    this.connection.discardInput(true);
  }

  onData(): void {
    // All of it is dropped in the kernel.
  }

  onClose(): void {
    this.isClosed = true;
  }
}

/** Writes the feed without a word of protocol, as much and as often as a publisher. */
export class RawPublisher implements ConnectionHandler {
  readonly live: Promise<void>;
  readonly closed: Promise<CloseReason>;
  isLive = false;
  readonly connection: Connection;
  private readonly feed: Feed;
  private readonly start = Promise.withResolvers<undefined>();
  private readonly end = Promise.withResolvers<CloseReason>();

  constructor({ engine, host, port, feed }: RawTarget & { readonly feed: Feed }) {
    this.feed = feed;
    this.live = this.start.promise;
    this.live.catch(() => undefined);
    this.closed = this.end.promise;
    this.connection = engine.connect(host, port, this);
  }

  onConnect(): void {
    this.isLive = true;
    this.connection.attachCursor(this.feed.log, { position: this.feed.startPosition });
    this.start.resolve(undefined);
  }

  onData(): void {
    // A floor does not answer.
  }

  /** The floor did not read for several GOPs. */
  onCursorLate(): void {
    this.connection.close();
  }

  unpublish(): void {
    this.connection.close();
  }

  onClose(reason: CloseReason): void {
    this.isLive = false;
    this.start.reject(new Error(`raw publisher closed (${reason})`));
    this.end.resolve(reason);
  }
}

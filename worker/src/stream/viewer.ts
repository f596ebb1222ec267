import type { CloseReason, Connection, ConnectionHandler } from '../engine/engine.ts';
import type { Clock } from './clock.ts';
import type { PackagedLog } from './packaged-log.ts';
import { newSlowRecord, type SlowRecord } from './slow-viewers.ts';

/** Each follows the log of the same name with an engine cursor. */
export type ViewerProtocol = 'rtmp' | 'flv' | 'ws-flv' | 'relay';

export type ViewerCloseReason =
  | 'ended'
  | 'too-slow'
  | 'connection'
  | 'draining'
  | 'released'
  // By who may watch: see sessions/session.ts.
  | 'kicked'
  | 'denied'
  | 'expired'
  | 'limit';

export interface AttachRequest {
  readonly connection: Connection;
  readonly protocol: ViewerProtocol;
  /** Of players. */
  readonly sessionId?: string;
  /** When a player asked, by the clock's nowMs; not of relays. */
  readonly askedAtMs?: number;
  /** Relays only: the first frame wanted. */
  readonly fromSequence?: number;
  /** The start (header, configurations) was written and the cursor attached. */
  onStart?(startBytes: Buffer): void;
  /** Called once, whoever closes. The cursor is detached then; the connection
   * is left open, for the protocol to say good-bye and end it. */
  onClosed(reason: ViewerCloseReason): void;
}

/** What protocols and cluster hold of a viewer. */
export interface Viewer {
  readonly id: string;
  readonly protocol: ViewerProtocol;
  readonly startedUnixMs: number;
  readonly skips: number;
  readonly skippedMs: number;
  close(reason: ViewerCloseReason): void;
}

/** Where a viewer stands. */
export type ViewerState = 'pending' | 'playing' | 'late' | 'ending' | 'closed';

/** Whom a viewer tells what the engine says of its cursor. */
export interface ViewerOwner {
  /** The stream's key. */
  readonly name: string;
  onLate(viewer: StreamViewer): void;
  onClosed(viewer: StreamViewer): void;
}

/**
 * One viewer of one stream. While it is attached it stands in front of the
 * protocol's handler, passes on all that is not about the cursor, and puts the
 * handler back when it is closed.
 */
export class StreamViewer implements Viewer, ConnectionHandler {
  readonly startedUnixMs: number;
  readonly request: AttachRequest;
  readonly slow: SlowRecord;
  state: ViewerState = 'pending';
  log: PackagedLog | undefined = undefined;
  /** TrackHistory.version that this viewer was told. */
  configurationVersion = -1;
  /** When an ending viewer is closed even if it did not take all bytes. */
  endDeadlineMs = Infinity;
  private readonly serial: number;
  private readonly owner: ViewerOwner;
  private readonly inner: ConnectionHandler;

  constructor(serial: number, clock: Clock, request: AttachRequest, owner: ViewerOwner) {
    this.serial = serial;
    this.startedUnixMs = clock.unixMs();
    this.slow = newSlowRecord(clock.nowMs());
    this.request = request;
    this.owner = owner;
    this.inner = request.connection.handler;
    request.connection.handler = this;
  }

  /** Made when it is asked for: there are thousands of viewers. */
  get id(): string {
    return `${this.owner.name}#${this.serial}`;
  }

  get kind(): string {
    return `${this.protocol} viewer`;
  }

  get protocol(): ViewerProtocol {
    return this.request.protocol;
  }

  get connection(): Connection {
    return this.request.connection;
  }

  get skips(): number {
    return this.slow.skips;
  }

  get skippedMs(): number {
    return this.slow.skippedMs;
  }

  close(reason: ViewerCloseReason): void {
    if (this.state === 'closed') return;
    const hadCursor = this.state !== 'pending';
    this.state = 'closed';
    const { connection } = this;
    if (connection.handler === this) connection.handler = this.inner;
    if (hadCursor && !connection.closed) connection.detachCursor();
    this.owner.onClosed(this);
    this.request.onClosed(reason);
  }

  onData(slab: Buffer, start: number, end: number): void {
    this.inner.onData(slab, start, end);
  }

  onDrain(): void {
    this.inner.onDrain?.();
  }

  onCursorLate(): void {
    if (this.state === 'ending') this.close('ended');
    else if (this.state !== 'closed') this.owner.onLate(this);
  }

  onCursorLimit(): void {
    this.close('ended');
  }

  onClose(reason: CloseReason): void {
    this.close('connection');
    this.inner.onClose(reason);
  }
}

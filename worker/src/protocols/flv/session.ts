import type { Connection, ConnectionHandler } from '../../engine/engine.ts';
import type { ExpelReason, Session, SessionControl } from '../../sessions/session.ts';
import type { Entry } from '../../sessions/visitors.ts';
import type { Stream } from '../../stream/stream.ts';
import type { AttachRequest, Viewer, ViewerCloseReason } from '../../stream/viewer.ts';

/** An HTTP-FLV viewer. Media goes from the log to the socket, past this code. */
export class FlvSession implements ConnectionHandler, AttachRequest, SessionControl {
  readonly connection: Connection;
  readonly askedAtMs: number;
  private readonly session: Session;
  private readonly headBytes: number;
  private viewer: Viewer | undefined = undefined;

  constructor(connection: Connection, entry: Entry) {
    this.connection = connection;
    this.askedAtMs = entry.askedAtMs;
    this.headBytes = connection.bytesSent;
    this.session = entry.open(this);
  }

  get protocol(): 'flv' {
    return 'flv';
  }

  get sessionId(): string {
    return this.session.id;
  }

  get bytes(): number {
    return this.connection.bytesSent - this.headBytes;
  }

  get skips(): number {
    return this.viewer?.skips ?? 0;
  }

  attach(stream: Pick<Stream, 'attach'>): void {
    this.connection.discardInput(true);
    this.viewer = stream.attach(this);
  }

  expel(reason: ExpelReason): void {
    this.viewer?.close(reason);
  }

  /** A viewer has nothing more to say. */
  onData(): void {
    return;
  }

  /** The stream stands in front of this handler and learns it first. */
  onClose(): void {
    return;
  }

  /** Called by the stream, whoever closes. */
  onClosed(reason: ViewerCloseReason): void {
    this.session.end(reason);
    this.connection.end();
  }
}

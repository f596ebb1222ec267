import type { Logger } from 'pino';
import type { Connection, ConnectionHandler } from '../../engine/engine.ts';
import type { Stream } from '../../stream/stream.ts';
import type { AttachRequest, ViewerCloseReason } from '../../stream/viewer.ts';

/** An HTTP-FLV viewer. Media goes from the log to the socket, past this code. */
export class FlvSession implements ConnectionHandler, AttachRequest {
  readonly connection: Connection;
  private readonly key: string;
  private readonly log: Logger;

  constructor(connection: Connection, key: string, log: Logger) {
    this.connection = connection;
    this.key = key;
    this.log = log;
  }

  get protocol(): 'flv' {
    return 'flv';
  }

  attach(stream: Pick<Stream, 'attach'>): void {
    const { connection, key, protocol } = this;
    connection.discardInput(true);
    const { remoteAddress } = connection;
    this.log.info({ stream: key, protocol, remoteAddress }, 'viewer opened');
    stream.attach(this);
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
    this.log.info({ stream: this.key, protocol: this.protocol, reason }, 'viewer closed');
    this.connection.end();
  }
}

import type { Logger } from 'pino';
import type { Connection, ConnectionHandler } from '../../engine/engine.ts';
import {
  WsFrameReader,
  type WsFrameError,
  type WsFrameSink,
} from '../../formats/websocket/frame-reader.ts';
import { wsCloseFrame, wsFrame } from '../../formats/websocket/frame-writer.ts';
import { CloseCode, Opcode } from '../../formats/websocket/opcode.ts';
import type { ExpelReason, Session, SessionControl } from '../../sessions/session.ts';
import type { Entry } from '../../sessions/visitors.ts';
import type { Stream } from '../../stream/stream.ts';
import type { Viewer, ViewerCloseReason } from '../../stream/viewer.ts';
import type { RefusalCounters } from '../http/context.ts';

export interface WsFlvSessionOptions {
  readonly connection: Connection;
  readonly entry: Entry;
  readonly log: Logger;
  readonly counters: RefusalCounters;
}

/** Viewers need to send nothing but control frames; some send a greeting. */
const MAX_PAYLOAD_BYTES = 64 * 1024;

const CLOSE_CODES: Record<ViewerCloseReason, CloseCode> = {
  ended: CloseCode.normal,
  released: CloseCode.goingAway,
  draining: CloseCode.goingAway,
  connection: CloseCode.goingAway,
  'too-slow': CloseCode.tryAgainLater,
  kicked: CloseCode.policyViolation,
  denied: CloseCode.policyViolation,
  expired: CloseCode.policyViolation,
  limit: CloseCode.policyViolation,
};

/** A WebSocket-FLV viewer. Media goes from the log to the socket, past this
 * code; control frames go out between two records of it. */
export class WsFlvSession implements ConnectionHandler, WsFrameSink, SessionControl {
  private readonly options: WsFlvSessionOptions;
  private readonly reader: WsFrameReader;
  private readonly headBytes: number;
  private session: Session | undefined = undefined;
  private viewer: Viewer | undefined = undefined;
  /** A close frame was sent: nothing may follow it. */
  private isClosing = false;

  constructor(options: WsFlvSessionOptions) {
    this.options = options;
    this.headBytes = options.connection.bytesSent;
    this.reader = new WsFrameReader(this, { masked: true, maxPayloadBytes: MAX_PAYLOAD_BYTES });
  }

  get bytes(): number {
    return this.options.connection.bytesSent - this.headBytes;
  }

  get skips(): number {
    return this.viewer?.skips ?? 0;
  }

  attach(stream: Pick<Stream, 'attach'>): void {
    if (this.isClosing) return;
    const { connection, entry } = this.options;
    this.session = entry.open(this);
    this.viewer = stream.attach({
      connection,
      protocol: 'ws-flv',
      sessionId: this.session.id,
      askedAtMs: entry.askedAtMs,
      onClosed: (reason) => this.closed(reason),
    });
  }

  expel(reason: ExpelReason): void {
    this.viewer?.close(reason);
  }

  onData(slab: Buffer, start: number, end: number): void {
    if (this.isClosing) return;
    const error = this.reader.push(slab, start, end);
    if (error !== undefined) this.malformed(error);
  }

  onFrame(opcode: number, _isFinal: boolean, payload: Buffer): void {
    if (this.isClosing) return;
    const { connection } = this.options;
    if (opcode === Opcode.ping) connection.write(wsFrame(Opcode.pong, payload));
    else if (opcode === Opcode.close) this.sayGoodbye(CloseCode.normal, '', 'connection');
  }

  /** The stream stands in front of this handler and learns it first. */
  onClose(): void {
    this.isClosing = true;
  }

  private malformed(error: WsFrameError): void {
    const { log, counters, entry, connection } = this.options;
    const code = 'WEBSOCKET_FRAME_INVALID';
    counters.count(code);
    const { remoteAddress } = connection;
    const stream = entry.visit.name.key;
    log.info({ stream, code, reason: error, remoteAddress }, 'viewer refused');
    const closeCode = error === 'too-large' ? CloseCode.tooBig : CloseCode.protocolError;
    this.sayGoodbye(closeCode, `${code}: ${error}`, 'connection');
  }

  private closed(reason: ViewerCloseReason): void {
    this.session?.end(reason);
    this.sayGoodbye(CLOSE_CODES[reason], reason, reason);
  }

  /** The cursor stops between two records first, then the close frame goes. */
  private sayGoodbye(code: CloseCode, text: string, reason: ViewerCloseReason): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.viewer?.close(reason);
    this.options.connection.write(wsCloseFrame(code, text));
    this.options.connection.end();
  }
}

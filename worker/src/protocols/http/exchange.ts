import type { RequestHead } from '../../formats/http/request-parser.ts';
import type { Connection, ConnectionHandler, EngineLog } from '../../engine/engine.ts';
import { WorkerError, type WorkerErrorCode } from '../../errors.ts';
import type { LengthHeads } from './length-heads.ts';
import type { PreparedResponse } from './prepared-response.ts';
import type { Asker, Standing } from './repeats.ts';
import { asWorkerError, CORS_HEADERS, responseHead } from './response.ts';

const NOTHING = Buffer.alloc(0);

/** What an exchange needs of the session it belongs to. */
export interface ExchangeOwner {
  readonly connection: Connection;
  /** This answer is the connection's last. */
  readonly closesAfterAnswer: boolean;
  /** Who asked before on this connection for what may be asked for again. */
  readonly asker: Asker | undefined;
  /** The same request may be answered alike when it comes again. */
  expect(standing: Standing): void;
  /** The answer's last byte is queued. */
  answered(): void;
  refused(error: WorkerError, headers: string): void;
  handOver(handler: ConnectionHandler): void;
}

/** The head and where the body lies. */
export interface SpanReply {
  readonly heads: LengthHeads;
  readonly log: EngineLog;
  readonly position: number;
  readonly length: number;
}

/** What a session knows of a request. */
export interface HttpRequest {
  readonly head: RequestHead;
  readonly segments: readonly string[];
  /** Behind the `?`, not decoded. */
  readonly query: string;
  /** Its client is to be served elsewhere, if somebody else can. */
  readonly isShed: boolean;
  /** The client's, not that of a proxy which is trusted to tell it. */
  readonly address: string;
}

/** One request and its answer. */
export class HttpExchange {
  /** Only valid during the call of the route's handler. */
  readonly head: RequestHead;
  readonly isHead: boolean;
  readonly segments: readonly string[];
  readonly query: string;
  readonly isShed: boolean;
  readonly address: string;
  /** False once it is answered or the client is gone. */
  isOpen = true;
  private readonly owner: ExchangeOwner;
  private onGone: (() => void) | undefined = undefined;

  constructor(owner: ExchangeOwner, { head, segments, query, isShed, address }: HttpRequest) {
    this.owner = owner;
    this.head = head;
    this.isHead = head.method === 'HEAD';
    this.segments = segments;
    this.query = query;
    this.isShed = isShed;
    this.address = address;
  }

  get connection(): Connection {
    return this.owner.connection;
  }

  /** Who asked before on this connection for what may be asked for again. */
  get asker(): Asker | undefined {
    return this.owner.asker;
  }

  /** The client went away before it was answered. */
  onClientGone(callback: () => void): void {
    this.onGone = callback;
  }

  /** `headers` are whole lines, without Content-Length. */
  respond(status: number, headers: string, body: Buffer): void {
    if (!this.finish()) return;
    const lines = `${headers}Content-Length: ${body.length}\r\n`;
    this.writeHead(status, lines, this.owner.closesAfterAnswer);
    if (!this.isHead) this.connection.write(body);
    this.owner.answered();
  }

  /** For this request only: the next may be answered here. */
  redirect(location: string): void {
    this.respond(302, `Location: ${location}\r\nCache-Control: no-store\r\n`, NOTHING);
  }

  /** `standing`: what the same request is answered with when it comes again. */
  respondPrepared(response: PreparedResponse, standing?: Standing): void {
    if (!this.finish()) return;
    this.connection.write(response.bytes(this.owner.closesAfterAnswer, this.isHead));
    if (standing !== undefined && !this.isHead) this.owner.expect(standing);
    this.owner.answered();
  }

  /** The body goes from the log to the socket without a copy. */
  respondSpan({ heads, log, position, length }: SpanReply): void {
    if (!this.finish()) return;
    const head = heads.bytes(length, this.owner.closesAfterAnswer);
    if (this.isHead) this.connection.write(head);
    else this.connection.writeSpan(log, position, length, head);
    this.owner.answered();
  }

  /** Headers of a body without end, as HEAD wants them. */
  respondHeadOfStream(status: number, headers: string): void {
    if (!this.finish()) return;
    this.writeHead(status, headers, true);
    this.owner.answered();
  }

  /** `headers` are further lines of the answer. */
  fail(code: WorkerErrorCode, detail?: string, headers = ''): void {
    if (this.finish()) this.owner.refused(new WorkerError(code, detail), headers);
  }

  /** Answers with what a promise failed with. */
  failWith(cause: unknown): void {
    if (this.finish()) this.owner.refused(asWorkerError(cause), '');
  }

  /**
   * The connection is the handler's from now on, for a body without end or
   * another protocol. The head is written first (`headers` are whole lines, with
   * Connection where it is needed). Bytes that came early are given to
   * handler.onData before this returns.
   */
  takeOver(status: number, headers: string, handler: ConnectionHandler): void {
    if (!this.finish()) return;
    this.writeHead(status, headers, false);
    this.owner.handOver(handler);
  }

  /** For the session: the connection is closed. */
  clientGone(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.onGone?.();
  }

  private finish(): boolean {
    const wasOpen = this.isOpen;
    this.isOpen = false;
    return wasOpen;
  }

  private writeHead(status: number, headers: string, closes: boolean): void {
    const head = responseHead(status, headers + CORS_HEADERS, closes);
    this.connection.write(Buffer.from(head, 'latin1'));
  }
}

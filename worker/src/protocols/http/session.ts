import type { ServerResponse } from 'node:http';
import { ConnectionDuplex } from '../../engine/duplex.ts';
import type { CloseReason, Connection, ConnectionHandler } from '../../engine/engine.ts';
import { WorkerError, type WorkerErrorCode } from '../../errors.ts';
import { BodyTracker } from '../../formats/http/body-tracker.ts';
import {
  listHasToken,
  RequestParser,
  statusOfFault,
  type RequestFault,
  type RequestHead,
} from '../../formats/http/request-parser.ts';
import type { HttpContext } from './context.ts';
import { Deadline } from './deadline.ts';
import { HttpExchange, type ExchangeOwner } from './exchange.ts';
import type { MediaHandler } from './media-route.ts';
import { Repeats, type Asker, type Standing } from './repeats.ts';
import { codeOfStatus, errorResponse, preflightResponse } from './response.ts';

/**
 * - head: between requests, or within a head
 * - media: a route owes the answer
 * - flushing: answered, not yet all given to the kernel
 * - fallback: Node's server owes the answer
 * - over: nothing more is read; taken over, or closing
 */
type Phase = 'head' | 'media' | 'flushing' | 'fallback' | 'over';

/** Pipelined requests that wait for the answer in front of them. */
const MAX_PENDING_BYTES = 64 * 1024;

/**
 * One connection: reads requests and answers them in their order, each by a
 * media route or by Node's server, so that a page may mix both on one
 * keep-alive connection.
 */
export class HttpSession implements ConnectionHandler, ExchangeOwner {
  readonly kind = 'http';
  readonly connection: Connection;
  private readonly context: HttpContext;
  private readonly parser = new RequestParser();
  private readonly body = new BodyTracker();
  private readonly deadline: Deadline;
  private readonly repeats: Repeats;
  private phase: Phase = 'head';
  private closes = false;
  /** It should come again on another connection, or to another worker. */
  private isShed = false;
  private hasAnswered = false;
  private isTaken = false;
  private pending: Buffer | undefined = undefined;
  private exchange: HttpExchange | undefined = undefined;
  private fallback: ConnectionDuplex | undefined = undefined;

  constructor(connection: Connection, context: HttpContext) {
    this.connection = connection;
    this.context = context;
    this.repeats = new Repeats(connection);
    this.deadline = new Deadline(context.limits);
    this.deadline.forHead(context.nowMs);
  }

  get closesAfterAnswer(): boolean {
    return this.closes || this.isShed || this.context.isDraining;
  }

  get asker(): Asker | undefined {
    return this.repeats.asker;
  }

  /** Between requests, with nothing under way. */
  get isIdle(): boolean {
    return this.phase === 'head' && this.parser.isIdle;
  }

  onData(slab: Buffer, start: number, end: number): void {
    this.settle();
    let at = start;
    while (at < end && this.canRead()) at = this.read(slab, at, end);
    if (at === end) return;
    // Taken over while reading: what came behind the request is the new owner's.
    if (this.isTaken) this.connection.handler.onData(slab, at, end);
    else this.keep(slab, at, end);
  }

  onDrain(): void {
    this.fallback?.drained();
    this.settle();
  }

  onClose(reason: CloseReason): void {
    this.phase = 'over';
    this.context.forget(this);
    this.exchange?.clientGone();
    this.fallback?.connectionClosed(reason);
  }

  /** Called every second or so. */
  sweep(nowMs: number): void {
    this.settle();
    this.repeats.sweep();
    if (this.phase === 'over' || !this.deadline.isOver(this.connection, nowMs)) return;
    if (this.isIdle) {
      this.end();
      return;
    }
    this.count('HTTP_TIMEOUT', this.phase);
    if (this.phase === 'head') this.refuse(new WorkerError('HTTP_TIMEOUT'));
    else this.abort();
  }

  /** Every answer is the last one from now on, also those to requests that come again. */
  drain(): void {
    this.repeats.forget();
  }

  /** Its next answer is its last, and may send it to another worker. Who has not
   * asked for anything yet is new here. */
  shed(): void {
    if (this.isShed || !this.hasAnswered || !this.isIdle) return;
    this.isShed = true;
    this.repeats.forget();
    this.context.shedTotal += 1;
  }

  // Requests

  private canRead(): boolean {
    return this.phase === 'head' || (this.phase === 'fallback' && !this.body.isDone);
  }

  private read(buf: Buffer, start: number, end: number): number {
    if (this.phase === 'fallback') return this.readBody(buf, start, end);
    const wasIdle = this.parser.isIdle;
    const at = this.parser.push(buf, start, end);
    if (this.parser.state === 'complete') this.dispatch();
    else if (this.parser.fault !== undefined) this.refuseFault(this.parser.fault);
    else if (wasIdle) this.deadline.forHead(this.context.nowMs);
    return at;
  }

  private dispatch(): void {
    const { head } = this.parser;
    this.repeats.ended();
    this.closes = !head.keepAlive;
    const upgrade = head.list('upgrade');
    const isWebSocket = upgrade !== '' && listHasToken(upgrade, 'websocket');
    const routed = this.context.routes.find(head.target, isWebSocket);
    if (routed === undefined) {
      this.refuseFault('target-malformed');
      return;
    }
    const { handler, segments, query } = routed;
    if (handler === undefined) this.startFallback();
    else
      this.startMedia(
        handler,
        new HttpExchange(this, {
          ...{ head, segments, query, isShed: this.isShed },
          address: this.clientAddress(head),
        }),
      );
  }

  private startMedia(handler: MediaHandler, exchange: HttpExchange): void {
    const { method, bodyKind } = this.parser.head;
    if (bodyKind !== 'none') {
      // Its end is not looked for, so the connection cannot go on.
      this.closes = true;
      const error = new WorkerError('HTTP_REQUEST_INVALID', 'no body is expected here');
      this.count(error.code, 'body-unexpected');
      this.refuse(error);
      return;
    }
    this.phase = 'media';
    this.deadline.none();
    this.exchange = exchange;
    if (method === 'GET' || method === 'HEAD') handler(exchange);
    else if (method === 'OPTIONS') this.answerPreflight();
    else exchange.fail('HTTP_METHOD_NOT_ALLOWED', method);
  }

  private clientAddress(head: RequestHead): string {
    const { remoteAddress } = this.connection;
    const { trust } = this.context;
    if (trust?.has(remoteAddress) !== true) return remoteAddress;
    return trust.clientOf(remoteAddress, head.list(trust.header));
  }

  private answerPreflight(): void {
    this.connection.write(preflightResponse(this.closesAfterAnswer));
    this.answered();
  }

  /** Copies what waits for its turn. */
  private keep(buf: Buffer, start: number, end: number): void {
    if (this.phase === 'over') return;
    const pending = this.pending ?? Buffer.alloc(0);
    if (pending.length + end - start > MAX_PENDING_BYTES) {
      this.count('HTTP_REQUEST_INVALID', 'pipeline-too-long');
      this.abort();
      return;
    }
    this.pending = Buffer.concat([pending, buf.subarray(start, end)]);
    if (this.phase === 'flushing') this.connection.askDrain();
  }

  // Answers

  expect(standing: Standing): void {
    const { start, end } = this.parser.head;
    this.repeats.expect(standing, start, end);
  }

  answered(): void {
    this.hasAnswered = true;
    this.exchange = undefined;
    this.phase = 'flushing';
    this.closes = this.closesAfterAnswer;
    this.deadline.forProgress(this.context.nowMs);
    // Whoever has sent nothing more need not be told: what comes next looks itself.
    if (this.closes || this.pending !== undefined) this.connection.askDrain();
  }

  private settle(): void {
    if (this.phase === 'flushing' && this.connection.queuedBytes === 0) this.answerIsOut();
  }

  private answerIsOut(): void {
    if (this.closes) {
      this.end();
      return;
    }
    this.phase = 'head';
    this.parser.reset();
    this.deadline.forIdle(this.context.nowMs);
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) this.onData(pending, 0, pending.length);
  }

  /** A route refused its request; the next one may be fine. */
  refused(error: WorkerError, headers: string): void {
    this.count(error.code, error.message);
    if (error.httpStatus >= 500 && error.cause !== undefined) {
      this.context.log.error({ err: error.cause }, 'request failed');
    }
    this.writeError(error, headers, this.closesAfterAnswer);
    this.answered();
  }

  private refuseFault(fault: RequestFault): void {
    const code = codeOfStatus(statusOfFault(fault));
    this.count(code, fault);
    this.refuse(new WorkerError(code, fault));
  }

  /** Nothing can be read behind a broken request. */
  private refuse(error: WorkerError): void {
    this.writeError(error, '', true);
    this.end();
  }

  private writeError(error: WorkerError, headers: string, closes: boolean): void {
    const { head, body } = errorResponse(error, headers, closes);
    this.connection.write(head);
    if (this.parser.head.method !== 'HEAD') this.connection.write(body);
  }

  private end(): void {
    this.phase = 'over';
    this.connection.end();
  }

  private abort(): void {
    this.phase = 'over';
    this.connection.close();
  }

  private count(code: WorkerErrorCode, reason: string): void {
    this.context.counters.count(code);
    const remoteAddress = this.exchange?.address ?? this.connection.remoteAddress;
    this.context.log.info({ code, reason, remoteAddress }, 'request refused');
  }

  handOver(handler: ConnectionHandler): void {
    this.phase = 'over';
    this.isTaken = true;
    this.exchange = undefined;
    this.context.forget(this);
    this.connection.handler = handler;
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) handler.onData(pending, 0, pending.length);
  }

  // Node's server

  private startFallback(): void {
    const { head } = this.parser;
    this.phase = 'fallback';
    this.deadline.forProgress(this.context.nowMs);
    this.body.start(head);
    // One for each request: Node's server sees a connection that ends with it,
    // and the next request on this one is ours to route.
    const duplex = new ConnectionDuplex(this.connection);
    this.fallback = duplex;
    this.context.fallbackSessions.set(duplex, this);
    this.context.fallback.emit('connection', duplex);
    duplex.feed(head.buf, head.start, head.end);
  }

  private readBody(buf: Buffer, start: number, end: number): number {
    const at = this.body.push(buf, start, end);
    if (this.body.isFailed) {
      this.refuseFault('chunk-malformed');
      return end;
    }
    if (this.body.isDone) this.deadline.none();
    this.fallback?.feed(buf, start, at);
    return at;
  }

  /** Node's server has begun to answer; it may take its time. */
  fallbackStarted(response: ServerResponse): void {
    if (this.body.isDone) this.deadline.none();
    response.once('close', () => this.fallbackDone());
  }

  private fallbackDone(): void {
    const { fallback } = this;
    if (this.phase !== 'fallback' || fallback === undefined) return;
    if (fallback.writableEnded || fallback.destroyed) {
      // Node ends the connection, as its answer said.
      this.phase = 'over';
      return;
    }
    this.fallback = undefined;
    fallback.release();
    // An answer before the whole body came: where the next request starts would
    // only be known after reading the rest.
    if (!this.body.isDone) this.closes = true;
    this.answered();
  }
}

import { Duplex } from 'node:stream';
import type { CloseReason, Connection } from './engine.ts';

/** Above it a write waits for the connection's drain. */
const HIGH_WATER_BYTES = 65536;
/** Pieces of a large write, so that it never meets maxQueuedBytes. */
const PIECE_BYTES = 262144;
/** What was received is read within this time after the connection's end. */
const LAST_READ_MS = 5000;

type Callback = (error?: Error | null) => void;

/** Hands the connection to a stream: its handler is the duplex from now on.
 * `leftover` was received already and is read first. */
export function connectionDuplex(connection: Connection, leftover: Buffer): ConnectionDuplex {
  const duplex = new ConnectionDuplex(connection);
  connection.handler = {
    onData: (slab, start, end) => duplex.feed(slab, start, end),
    onDrain: () => duplex.drained(),
    onClose: (reason) => duplex.connectionClosed(reason),
  };
  duplex.feed(leftover, 0, leftover.length);
  return duplex;
}

/**
 * A connection as Node's http.Server and ws want a socket to be. The owner of
 * the connection keeps its handler, and passes on what belongs to the duplex:
 * bytes by feed(), onDrain by drained(), onClose by connectionClosed(). So it
 * can decide request by request who answers, and release() takes it back.
 */
export class ConnectionDuplex extends Duplex {
  readonly connecting = false;
  readonly pending = false;
  /** As net.Socket has it, which http.Server reads. */
  timeout = 0;
  readonly #connection: Connection;
  #released = false;
  #paused = false;
  #rest: Buffer | undefined;
  #restDone: Callback | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection) {
    super({ allowHalfOpen: false, decodeStrings: true });
    this.#connection = connection;
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  get remotePort(): number {
    return this.#connection.remotePort;
  }

  get remoteFamily(): string {
    return this.remoteAddress.includes(':') ? 'IPv6' : 'IPv4';
  }

  get localPort(): number {
    return this.#connection.localPort;
  }

  get bytesRead(): number {
    return this.#connection.bytesReceived;
  }

  get bytesWritten(): number {
    return this.#connection.bytesSent + this.#connection.queuedBytes;
  }

  /** Received bytes, copied. */
  feed(buffer: Buffer, start: number, end: number): void {
    if (start >= end || this.destroyed || this.readableEnded) return;
    this.#active();
    if (!this.push(Buffer.from(buffer.subarray(start, end)))) this.#pause(true);
  }

  /** The connection's queue is empty. */
  drained(): void {
    if (this.#restDone !== undefined) this.#writeRest();
  }

  connectionClosed(_reason: CloseReason): void {
    if (this.#released || this.destroyed) return;
    if (this.readableLength === 0) {
      this.destroy();
      return;
    }
    this.push(null);
    this.once('end', () => this.destroy());
    setTimeout(() => this.destroy(), LAST_READ_MS).unref();
  }

  /** Ends the duplex and leaves the connection open to its owner. */
  release(): void {
    this.#released = true;
    this.#pause(false);
    this.destroy();
  }

  setTimeout(timeoutMs: number, onTimeout?: () => void): this {
    clearTimeout(this.#timer);
    this.timeout = timeoutMs;
    this.#timer = undefined;
    if (timeoutMs > 0 && !this.destroyed) {
      this.#timer = setTimeout(() => this.emit('timeout'), timeoutMs).unref();
    }
    if (onTimeout === undefined) return this;
    return timeoutMs > 0 ? this.once('timeout', onTimeout) : this.off('timeout', onTimeout);
  }

  /** The engine sets these for every connection. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) {
      this.destroy();
    } else {
      this.once('finish', () => this.destroy());
    }
  }

  override _read(): void {
    this.#pause(false);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Callback): void {
    this.#rest = chunk;
    this.#restDone = done;
    this.#writeRest();
  }

  override _writev(chunks: { chunk: Buffer }[], done: Callback): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  override _final(done: Callback): void {
    if (!this.#released) this.#connection.end();
    done();
  }

  override _destroy(error: Error | null, done: Callback): void {
    clearTimeout(this.#timer);
    this.#rest = undefined;
    this.#restDone = undefined;
    /* After end() the connection flushes and closes by itself. */
    if (!this.#released && !this.writableFinished) this.#connection.close();
    done(error);
  }

  #active(): void {
    this.#timer?.refresh();
  }

  #pause(on: boolean): void {
    if (this.#paused === on) return;
    this.#paused = on;
    this.#connection.pauseReads(on);
  }

  /** Writes until the connection holds enough; goes on when it has drained. */
  #writeRest(): void {
    this.#active();
    const gone = this.#connection.closed || this.#released;
    while (this.#rest !== undefined && !gone) {
      if (this.#connection.queuedBytes >= HIGH_WATER_BYTES) {
        this.#connection.askDrain();
        return;
      }
      const rest: Buffer = this.#rest;
      this.#connection.write(rest.subarray(0, PIECE_BYTES));
      this.#rest = rest.length > PIECE_BYTES ? rest.subarray(PIECE_BYTES) : undefined;
    }
    const done = this.#restDone;
    this.#rest = undefined;
    this.#restDone = undefined;
    done?.(gone ? new Error('the connection is closed') : null);
  }
}

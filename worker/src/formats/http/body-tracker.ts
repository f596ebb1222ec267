import { CR, LF } from './characters.ts';
import type { RequestHead } from './request-head.ts';

/** 2^32 bytes a chunk are more than anybody sends us. */
const MAX_SIZE_DIGITS = 8;
/** Chunk extensions and trailers are of no use here, but may come. */
const MAX_LINE_BYTES = 256;
const MAX_TRAILER_LINES = 16;

type State =
  | 'done'
  | 'data'
  | 'size'
  | 'extension'
  | 'size-feed'
  | 'data-return'
  | 'data-feed'
  | 'trailer'
  | 'trailer-feed'
  | 'failed';

/**
 * Finds the end of a request body (RFC 9112 6, 7.1) without looking at its
 * contents, so that the next request on the connection is recognised.
 */
export class BodyTracker {
  private state: State = 'done';
  /** Bytes to come of the body, or of the chunk. */
  private left = 0;
  private isChunked = false;
  private digits = 0;
  private lineBytes = 0;
  private trailerLines = 0;

  start(head: RequestHead): void {
    this.isChunked = head.bodyKind === 'chunked';
    this.left = this.isChunked ? 0 : head.contentLength;
    this.digits = 0;
    this.lineBytes = 0;
    this.trailerLines = 0;
    if (this.isChunked) this.state = 'size';
    else this.state = this.left > 0 ? 'data' : 'done';
  }

  get isDone(): boolean {
    return this.state === 'done';
  }

  get isFailed(): boolean {
    return this.state === 'failed';
  }

  /** Returns where the body ends, or `end`. */
  push(buf: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.state !== 'done' && this.state !== 'failed') {
      if (this.state === 'data') at = this.skipData(at, end);
      else this.take(buf[at++] ?? 0);
    }
    return at;
  }

  private skipData(at: number, end: number): number {
    const bytes = Math.min(this.left, end - at);
    this.left -= bytes;
    if (this.left === 0) this.state = this.isChunked ? 'data-return' : 'done';
    return at + bytes;
  }

  private take(byte: number): void {
    switch (this.state) {
      case 'size':
        this.takeSize(byte);
        break;
      case 'extension':
        if (byte === CR) this.state = 'size-feed';
        else if (byte === LF || ++this.lineBytes > MAX_LINE_BYTES) this.state = 'failed';
        break;
      case 'size-feed':
        this.expect(byte, LF, this.left > 0 ? 'data' : 'trailer');
        this.lineBytes = 0;
        break;
      case 'data-return':
        this.expect(byte, CR, 'data-feed');
        break;
      case 'data-feed':
        this.expect(byte, LF, 'size');
        this.digits = 0;
        break;
      default:
        this.takeTrailer(byte);
    }
  }

  private takeSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0 && this.digits < MAX_SIZE_DIGITS) {
      this.left = this.left * 16 + digit;
      this.digits++;
    } else if (this.digits === 0 || digit >= 0) this.state = 'failed';
    else if (byte === CR) this.state = 'size-feed';
    else this.state = byte === 0x3b ? 'extension' : 'failed';
  }

  private takeTrailer(byte: number): void {
    if (this.state === 'trailer-feed') {
      const isLast = this.lineBytes === 0;
      this.expect(byte, LF, isLast ? 'done' : 'trailer');
      this.lineBytes = 0;
      if (++this.trailerLines > MAX_TRAILER_LINES) this.state = 'failed';
    } else if (byte === CR) this.state = 'trailer-feed';
    else if (byte === LF || ++this.lineBytes > MAX_LINE_BYTES) this.state = 'failed';
  }

  private expect(byte: number, wanted: number, next: State): void {
    this.state = byte === wanted ? next : 'failed';
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

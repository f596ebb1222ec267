import { CR, isTokenByte, LF } from './characters.ts';
import { readFraming } from './framing.ts';
import { scanHead } from './head-scanner.ts';
import type { RequestFault } from './request-fault.ts';
import { RequestHead } from './request-head.ts';

export { RequestHead, listHasToken } from './request-head.ts';
export { statusOfFault, type RequestFault } from './request-fault.ts';

export const MAX_HEAD_BYTES = 8192;
const MAX_REQUEST_LINE_BYTES = 4096;
/** Ends of two lines. */
const EMPTY_LINES_BYTES = 4;
/** Some clients send one behind a body, RFC 9112 2.2. */
const MAX_LEADING_EMPTY_LINES = 2;

export type ParserState = 'reading' | 'complete' | 'failed';

/**
 * Finds and reads request heads in bytes that arrive split anywhere. A head
 * that lies whole in the pushed bytes is read in place; only cut ones are
 * gathered, up to MAX_HEAD_BYTES. Bad bytes are refused as soon as they are
 * seen, not at the end of the head.
 */
export class RequestParser {
  state: ParserState = 'reading';
  /** Why, when failed. */
  fault: RequestFault | undefined = undefined;
  readonly head = new RequestHead();
  private gathered: Buffer | undefined = undefined;
  private gatheredBytes = 0;
  /** Of the line being looked at. */
  private lineBytes = 0;
  private lines = 0;
  private emptyLines = 0;
  private previous = 0;

  /** True when nothing of the next request has arrived. */
  get isIdle(): boolean {
    return this.state === 'reading' && this.gatheredBytes === 0;
  }

  /** Takes buf[start, end) up to the end of a head; returns where it stopped. */
  push(buf: Buffer, start: number, end: number): number {
    if (this.isFresh && endsHead(buf, start, end) && this.readAlone(buf, start, end)) return end;
    let at = start;
    while (at < end && this.isReading()) this.take(buf[at++] ?? 0);
    if (this.isReading()) this.gather(buf, start, at);
    else if (this.state === 'complete') this.read(buf, start, at);
    return at;
  }

  /** Ready for the next request. */
  reset(): void {
    this.state = 'reading';
    this.fault = undefined;
    this.gathered = undefined;
    this.gatheredBytes = 0;
    this.lineBytes = 0;
    this.lines = 0;
    this.emptyLines = 0;
    this.previous = 0;
  }

  /** Nothing at all of a head was looked at. */
  private get isFresh(): boolean {
    return this.state === 'reading' && this.previous === 0;
  }

  /** Nearly always one whole head comes alone. False: it is something else, or bad in
   * a way that a closer look will tell. */
  private readAlone(buf: Buffer, start: number, end: number): boolean {
    if (this.readWhole(buf, start, end) !== undefined) return false;
    this.state = 'complete';
    return true;
  }

  private isReading(): boolean {
    return this.state === 'reading';
  }

  /** Looks for the empty line that ends the head, and at the bounds. */
  private take(byte: number): void {
    if (byte === LF) this.takeFeed();
    else if (this.previous === CR || byte === 0) this.fail('line-malformed');
    else {
      this.lineBytes++;
      if (this.lines === 0) this.checkRequestLine(byte);
    }
    this.previous = byte;
  }

  private takeFeed(): void {
    const isEmpty = this.lineBytes === 1;
    this.lineBytes = 0;
    if (this.previous !== CR) this.fail('line-malformed');
    else if (!isEmpty) this.lines++;
    else if (this.lines > 0) this.state = 'complete';
    else if (++this.emptyLines > MAX_LEADING_EMPTY_LINES) this.fail('line-malformed');
  }

  private checkRequestLine(byte: number): void {
    if (this.lineBytes > MAX_REQUEST_LINE_BYTES) this.fail('target-too-long');
    else if (this.lineBytes === 1 && byte !== CR && !isTokenByte(byte)) {
      this.fail('method-malformed');
    }
  }

  private gather(buf: Buffer, start: number, end: number): void {
    const bytes = this.gatheredBytes + end - start;
    if (bytes > MAX_HEAD_BYTES) {
      this.fail('head-too-long');
      return;
    }
    if (start === end) return;
    this.gathered ??= Buffer.allocUnsafe(MAX_HEAD_BYTES);
    buf.copy(this.gathered, this.gatheredBytes, start, end);
    this.gatheredBytes = bytes;
  }

  private read(buf: Buffer, start: number, end: number): void {
    const { gathered } = this;
    const bytes = this.gatheredBytes + end - start;
    let fault: RequestFault | undefined;
    if (bytes > MAX_HEAD_BYTES) fault = 'head-too-long';
    else if (gathered === undefined) fault = this.readWhole(buf, start, end);
    else {
      buf.copy(gathered, this.gatheredBytes, start, end);
      this.gatheredBytes = bytes;
      fault = this.readWhole(gathered, 0, bytes);
    }
    if (fault !== undefined) this.fail(fault);
  }

  private readWhole(buf: Buffer, start: number, end: number): RequestFault | undefined {
    const headStart = start + 2 * this.emptyLines;
    return scanHead(buf, headStart, end, this.head) ?? readFraming(this.head);
  }

  private fail(fault: RequestFault): void {
    this.state = 'failed';
    this.fault ??= fault;
  }
}

/** Short enough for every bound, and with an empty line at its end. */
function endsHead(buf: Buffer, start: number, end: number): boolean {
  const bytes = end - start;
  if (bytes > MAX_REQUEST_LINE_BYTES || bytes < EMPTY_LINES_BYTES) return false;
  return buf[end - 1] === LF && buf[end - 2] === CR && buf[end - 3] === LF && buf[end - 4] === CR;
}

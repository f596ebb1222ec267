import { SPACE, TAB } from './characters.ts';

const MAX_HEADERS = 64;

/** How the bytes behind a head are delimited. */
export type BodyKind = 'none' | 'length' | 'chunked';

/**
 * One parsed request head. It points into the bytes it was parsed from and is
 * used again for the next request: whoever needs a header later copies it.
 */
export class RequestHead {
  method = '';
  /** As sent: origin-form, absolute-form or `*`. */
  target = '';
  /** 0 or 1, of HTTP/1.x. */
  minorVersion = 1;
  /** The client allows a further request on the connection. */
  keepAlive = true;
  bodyKind: BodyKind = 'none';
  /** Valid for bodyKind `length`. */
  contentLength = 0;
  /** Bytes of the whole head: buf[start, end). */
  buf: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  headerCount = 0;
  /** Per header: start and end of its name, start and end of its value. */
  private readonly spans = new Int32Array(MAX_HEADERS * 4);

  clear(): void {
    this.headerCount = 0;
    this.keepAlive = true;
    this.bodyKind = 'none';
    this.contentLength = 0;
  }

  /** False when there are too many. */
  addHeader(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): boolean {
    if (this.headerCount === MAX_HEADERS) return false;
    const at = this.headerCount++ * 4;
    this.spans[at] = nameStart;
    this.spans[at + 1] = nameEnd;
    this.spans[at + 2] = valueStart;
    this.spans[at + 3] = valueEnd;
    return true;
  }

  /** Index of the first header of this name from `from` on, or -1. */
  indexOf(lowerName: string, from = 0): number {
    for (let i = from; i < this.headerCount; i++) {
      const start = this.spans[i * 4] ?? 0;
      const length = (this.spans[i * 4 + 1] ?? 0) - start;
      if (length === lowerName.length && this.isName(start, lowerName)) return i;
    }
    return -1;
  }

  /** Value without the white space around it. */
  valueAt(index: number): string {
    let start = this.spans[index * 4 + 2] ?? 0;
    let end = this.spans[index * 4 + 3] ?? 0;
    while (start < end && isBlank(this.buf[start])) start++;
    while (end > start && isBlank(this.buf[end - 1])) end--;
    return this.buf.toString('latin1', start, end);
  }

  /** The first header of this name; undefined without. */
  header(lowerName: string): string | undefined {
    const index = this.indexOf(lowerName);
    return index < 0 ? undefined : this.valueAt(index);
  }

  /** All headers of this name as one list, RFC 9110 5.3; empty without. */
  list(lowerName: string): string {
    let value = '';
    for (let i = this.indexOf(lowerName); i >= 0; i = this.indexOf(lowerName, i + 1)) {
      value = value === '' ? this.valueAt(i) : `${value}, ${this.valueAt(i)}`;
    }
    return value;
  }

  private isName(start: number, lowerName: string): boolean {
    for (let i = 0; i < lowerName.length; i++) {
      const byte = this.buf[start + i] ?? 0;
      const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
      if (lower !== lowerName.charCodeAt(i)) return false;
    }
    return true;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** True when a comma-separated list has the token, which is given in lower case. */
export function listHasToken(list: string, token: string): boolean {
  if (list.length < token.length) return false;
  return list.split(',').some((part) => part.trim().toLowerCase() === token);
}

import { COLON, CR, isTargetByte, isTokenByte, isValueByte, LF, SPACE, TAB } from './characters.ts';
import type { RequestFault } from './request-fault.ts';
import type { RequestHead } from './request-head.ts';

const VERSION_BYTES = 8;
const DIGIT_0 = 48;
const DIGIT_9 = 57;

/**
 * Reads a whole head, buf[start, end), which ends with an empty line, into
 * `out`. Strict, because whoever stands in front of us may read lenient forms
 * another way: CR LF only, one space, no white space before a colon, no
 * folding (RFC 9112 2.2, 3, 5.1, 5.2).
 */
export function scanHead(
  buf: Buffer,
  start: number,
  end: number,
  out: RequestHead,
): RequestFault | undefined {
  out.clear();
  out.buf = buf;
  out.start = start;
  out.end = end;
  const lineEnd = endOfLine(buf, start, end);
  if (lineEnd < 0) return 'line-malformed';
  return scanRequestLine(buf, start, lineEnd, out) ?? scanHeaders(buf, lineEnd + 2, end, out);
}

/** Position of the CR of the line; -1 when a CR or LF stands alone. */
function endOfLine(buf: Buffer, start: number, end: number): number {
  const feed = buf.indexOf(LF, start);
  if (feed < 0 || feed >= end || feed === start || buf[feed - 1] !== CR) return -1;
  return feed - 1;
}

function scanRequestLine(
  buf: Buffer,
  start: number,
  end: number,
  out: RequestHead,
): RequestFault | undefined {
  const methodEnd = endOfToken(buf, start);
  if (methodEnd === start || buf[methodEnd] !== SPACE) return 'method-malformed';
  const targetStart = methodEnd + 1;
  let targetEnd = targetStart;
  while (isTargetByte(buf[targetEnd] ?? 0)) targetEnd++;
  if (targetEnd === targetStart || buf[targetEnd] !== SPACE) return 'target-malformed';
  out.method = methodText(buf, start, methodEnd);
  out.target = buf.toString('latin1', targetStart, targetEnd);
  return scanVersion(buf, targetEnd + 1, end, out);
}

function endOfToken(buf: Buffer, start: number): number {
  let at = start;
  while (isTokenByte(buf[at] ?? 0)) at++;
  return at;
}

/** The frequent ones need no new string. */
function methodText(buf: Buffer, start: number, end: number): string {
  if (end - start === 3 && buf[start] === 0x47 && buf[start + 1] === 0x45) {
    if (buf[start + 2] === 0x54) return 'GET';
  }
  return buf.toString('latin1', start, end);
}

function scanVersion(
  buf: Buffer,
  start: number,
  end: number,
  out: RequestHead,
): RequestFault | undefined {
  if (end - start !== VERSION_BYTES || !isHttp(buf, start)) return 'version-malformed';
  const major = buf[start + 5] ?? 0;
  const minor = buf[start + 7] ?? 0;
  if (!isDigit(major) || !isDigit(minor) || buf[start + 6] !== 0x2e) return 'version-malformed';
  if (major !== DIGIT_0 + 1) return 'version-unsupported';
  // A later minor version is to be answered as the latest that is known.
  out.minorVersion = minor === DIGIT_0 ? 0 : 1;
  return undefined;
}

/** `HTTP/` */
function isHttp(buf: Buffer, at: number): boolean {
  return (
    buf[at] === 0x48 &&
    buf[at + 1] === 0x54 &&
    buf[at + 2] === 0x54 &&
    buf[at + 3] === 0x50 &&
    buf[at + 4] === 0x2f
  );
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}

function scanHeaders(
  buf: Buffer,
  start: number,
  end: number,
  out: RequestHead,
): RequestFault | undefined {
  let at = start;
  // The empty line at the end stops every scan below before `end`.
  while (at + 2 < end) {
    const nameEnd = endOfToken(buf, at);
    if (nameEnd === at) return isBlank(buf[at]) ? 'header-folded' : 'header-malformed';
    if (buf[nameEnd] !== COLON) return 'header-malformed';
    const valueEnd = endOfValue(buf, nameEnd + 1);
    if (buf[valueEnd] !== CR || buf[valueEnd + 1] !== LF) return 'header-malformed';
    if (!out.addHeader(at, nameEnd, nameEnd + 1, valueEnd)) return 'headers-too-many';
    at = valueEnd + 2;
  }
  return undefined;
}

function endOfValue(buf: Buffer, start: number): number {
  let at = start;
  while (isValueByte(buf[at] ?? 0)) at++;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

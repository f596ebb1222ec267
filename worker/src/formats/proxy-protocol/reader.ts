/**
 * The PROXY protocol, versions 1 and 2, as a proxy puts it in front of a connection that it
 * passes on (haproxy.org, proxy-protocol.txt, sections 2.1 and 2.2).
 */
export interface ProxyHeader {
  /** Of the whole header; the connection's own bytes follow. */
  readonly length: number;
  /** The client's, as text that is still to be checked; empty: the header tells of nobody
   * (a health check of the proxy itself, or a family that has no IP addresses). */
  readonly address: string;
  readonly port: number;
}

export type ProxyRead =
  | ProxyHeader
  // More bytes may make it one.
  | 'partial'
  | 'malformed'
  // It does not begin with a header.
  | 'none';

export const MAX_PROXY_HEADER_BYTES = 2048;

const START_V1 = Buffer.from('PROXY ');
const START_V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n');
/** The longest line of version 1, with its end. */
const MAX_LINE_BYTES = 107;
const LF = 0x0a;
const LINE = /^PROXY TCP[46] ([0-9A-Fa-f:.]{2,45}) [0-9A-Fa-f:.]{2,45} (\d{1,5}) \d{1,5}\r\n$/;
const UNKNOWN = /^PROXY UNKNOWN(?: [^\r\n]*)?\r\n$/;

const HEAD_V2_BYTES = 16;
const VERSION_2 = 2;
const COMMAND_LOCAL = 0;
const COMMAND_PROXY = 1;
/** Address family and protocol: TCP over IPv4, TCP over IPv6. */
const TCP4 = 0x11;
const TCP6 = 0x21;
const BYTES_TCP4 = 12;
const BYTES_TCP6 = 36;

/** Reads buf[start, end), the first bytes of a connection. */
export function readProxyHeader(buf: Buffer, start: number, end: number): ProxyRead {
  if (beginsLike(buf, start, end, START_V2)) return readBinary(buf, start, end);
  return beginsLike(buf, start, end, START_V1) ? readLine(buf, start, end) : 'none';
}

/** As far as there are bytes. */
function beginsLike(buf: Buffer, start: number, end: number, wanted: Buffer): boolean {
  const count = Math.min(wanted.length, end - start);
  return buf.compare(wanted, 0, count, start, start + count) === 0;
}

function readLine(buf: Buffer, start: number, end: number): ProxyRead {
  const last = Math.min(end, start + MAX_LINE_BYTES);
  const feed = buf.subarray(start, last).indexOf(LF);
  if (feed < 0) return last - start < MAX_LINE_BYTES ? 'partial' : 'malformed';
  const length = feed + 1;
  const line = buf.toString('latin1', start, start + length);
  if (UNKNOWN.test(line)) return { length, address: '', port: 0 };
  const [, address = '', port = ''] = LINE.exec(line) ?? [];
  const isRight = address !== '' && Number(port) <= 65_535;
  return isRight ? { length, address, port: Number(port) } : 'malformed';
}

function readBinary(buf: Buffer, start: number, end: number): ProxyRead {
  if (end - start < HEAD_V2_BYTES) return 'partial';
  const command = (buf[start + 12] ?? 0) & 0x0f;
  const version = (buf[start + 12] ?? 0) >> 4;
  const bodyBytes = buf.readUInt16BE(start + 14);
  const length = HEAD_V2_BYTES + bodyBytes;
  if (version !== VERSION_2 || command > COMMAND_PROXY) return 'malformed';
  if (length > MAX_PROXY_HEADER_BYTES) return 'malformed';
  if (end - start < length) return 'partial';
  if (command === COMMAND_LOCAL) return { length, address: '', port: 0 };
  const body = buf.subarray(start + HEAD_V2_BYTES, start + length);
  return ofBody(buf[start + 13] ?? 0, body, length);
}

function ofBody(family: number, body: Buffer, length: number): ProxyRead {
  if (family === TCP4) {
    if (body.length < BYTES_TCP4) return 'malformed';
    return { length, address: body.subarray(0, 4).join('.'), port: body.readUInt16BE(8) };
  }
  if (family === TCP6) {
    if (body.length < BYTES_TCP6) return 'malformed';
    const groups = Array.from({ length: 8 }, (_, i) => body.readUInt16BE(i * 2).toString(16));
    return { length, address: groups.join(':'), port: body.readUInt16BE(32) };
  }
  return { length, address: '', port: 0 };
}

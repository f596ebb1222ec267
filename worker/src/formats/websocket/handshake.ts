import { createHash } from 'node:crypto';
import { listHasToken, type RequestHead } from '../http/request-head.ts';

/** RFC 6455 section 1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Base64 of 16 bytes. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

export type HandshakeFault =
  'method' | 'http-version' | 'connection-header' | 'key' | 'websocket-version';

/** Where an upgrade request breaks RFC 6455 section 4.2.1, or undefined. */
export function handshakeFault(head: RequestHead): HandshakeFault | undefined {
  if (head.method !== 'GET') return 'method';
  if (head.minorVersion !== 1) return 'http-version';
  if (!listHasToken(head.list('connection'), 'upgrade')) return 'connection-header';
  if (!KEY.test(head.list('sec-websocket-key'))) return 'key';
  return head.list('sec-websocket-version') === '13' ? undefined : 'websocket-version';
}

/** Sec-WebSocket-Accept for the client's key. */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}${ACCEPT_GUID}`).digest('base64');
}

import type { RequestFault } from './request-fault.ts';
import { listHasToken, type RequestHead } from './request-head.ts';

const DECIMAL = /^[0-9]{1,15}$/;

/**
 * Decides where the request's body ends (RFC 9112 6.3), whether the connection
 * goes on behind it (9.3), and that it has its one Host (3.2). Anything that two
 * readers could understand in two ways is refused: that is what request
 * smuggling lives on.
 */
export function readFraming(head: RequestHead): RequestFault | undefined {
  const connection = head.list('connection');
  head.keepAlive = head.minorVersion === 1 && !listHasToken(connection, 'close');
  return hostFault(head) ?? bodyFault(head);
}

function hostFault(head: RequestHead): RequestFault | undefined {
  const host = head.indexOf('host');
  if (host < 0) return head.minorVersion === 1 ? 'host-missing' : undefined;
  return head.indexOf('host', host + 1) < 0 ? undefined : 'host-repeated';
}

function bodyFault(head: RequestHead): RequestFault | undefined {
  const length = head.indexOf('content-length');
  const encoding = head.indexOf('transfer-encoding');
  if (encoding >= 0) {
    if (length >= 0) return 'content-length-with-transfer-encoding';
    return chunkedFault(head, encoding);
  }
  if (length < 0) return undefined;
  if (head.indexOf('content-length', length + 1) >= 0) return 'content-length-repeated';
  const value = head.valueAt(length);
  if (!DECIMAL.test(value)) return 'content-length-malformed';
  head.contentLength = Number(value);
  head.bodyKind = head.contentLength === 0 ? 'none' : 'length';
  return undefined;
}

/** `chunked` alone: nobody sends compressed requests to us. */
function chunkedFault(head: RequestHead, index: number): RequestFault | undefined {
  const isRepeated = head.indexOf('transfer-encoding', index + 1) >= 0;
  const isChunked = head.valueAt(index).toLowerCase() === 'chunked';
  if (isRepeated || !isChunked || head.minorVersion === 0) return 'transfer-encoding-unsupported';
  head.bodyKind = 'chunked';
  return undefined;
}

import { describe, expect, it } from 'vitest';
import { RequestParser } from '../http/request-parser.ts';
import { acceptKey, handshakeFault } from './handshake.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

function faultOf(lines: string, first = 'GET /a HTTP/1.1'): string | undefined {
  const parser = new RequestParser();
  const bytes = Buffer.from(`${first}\r\nHost: h\r\nUpgrade: websocket\r\n${lines}\r\n`);
  parser.push(bytes, 0, bytes.length);
  expect(parser.fault).toBeUndefined();
  return handshakeFault(parser.head);
}

const connection = 'Connection: keep-alive, Upgrade\r\n';
const version = 'Sec-WebSocket-Version: 13\r\n';
const key = `Sec-WebSocket-Key: ${KEY}\r\n`;

describe('handshake', () => {
  it('computes the accept key of RFC 6455 1.3', () => {
    expect(acceptKey(KEY)).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  it.each([
    [undefined, connection + version + key, 'GET /a HTTP/1.1'],
    ['method', connection + version + key, 'POST /a HTTP/1.1'],
    ['http-version', connection + version + key, 'GET /a HTTP/1.0'],
    ['connection-header', `Connection: keep-alive\r\n${version}${key}`, 'GET /a HTTP/1.1'],
    ['key', connection + version, 'GET /a HTTP/1.1'],
    ['key', `${connection}${version}Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n`, 'GET /a HTTP/1.1'],
    ['key', connection + version + key + key, 'GET /a HTTP/1.1'],
    ['websocket-version', `${connection}${key}Sec-WebSocket-Version: 8\r\n`, 'GET /a HTTP/1.1'],
    ['websocket-version', connection + key, 'GET /a HTTP/1.1'],
  ])('says %s', (fault, lines, first) => {
    expect(faultOf(lines, first)).toBe(fault);
  });
});

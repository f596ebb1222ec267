import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_HEAD_BYTES, RequestParser, statusOfFault } from './request-parser.ts';

const BROWSER = [
  'GET /live/news.m3u8?token=a%20b HTTP/1.1',
  'Host: localhost:8080',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64)',
  'Accept: */*',
  'Connection: keep-alive',
  'X-Empty:',
  'X-Latin: caf\xe9\t!  ',
  '',
  '',
].join('\r\n');

interface Parsed {
  state: string;
  fault: string | undefined;
  consumed: number;
  method: string;
  target: string;
  keepAlive: boolean;
  body: string;
  headers: (string | undefined)[];
}

function parse(text: string, sizes: readonly number[] = [text.length]): Parsed {
  const bytes = Buffer.from(text, 'latin1');
  const parser = new RequestParser();
  let at = 0;
  for (let i = 0; at < bytes.length && parser.state === 'reading'; i++) {
    const size = Math.min(sizes[i % sizes.length] ?? 1, bytes.length - at);
    // Junk around, as in a slab.
    const slab = Buffer.alloc(size + 30, 0x0a);
    bytes.copy(slab, 15, at, at + size);
    at += parser.push(slab, 15, 15 + size) - 15;
  }
  const { head, state, fault } = parser;
  const names = ['host', 'user-agent', 'x-empty', 'x-latin', 'absent'];
  return {
    state,
    fault,
    consumed: at,
    method: head.method,
    target: head.target,
    keepAlive: head.keepAlive,
    body: `${head.bodyKind} ${head.contentLength}`,
    headers: names.map((name) => head.header(name)),
  };
}

const request = (lines: string, first = 'GET / HTTP/1.1'): string =>
  `${first}\r\nHost: h\r\n${lines}\r\n`;

describe('RequestParser', () => {
  it('reads what a browser sends', () => {
    expect(parse(BROWSER)).toEqual({
      state: 'complete',
      fault: undefined,
      consumed: BROWSER.length,
      method: 'GET',
      target: '/live/news.m3u8?token=a%20b',
      keepAlive: true,
      body: 'none 0',
      headers: ['localhost:8080', 'Mozilla/5.0 (X11; Linux x86_64)', '', 'caf\xe9\t!', undefined],
    });
  });

  it('reads the same byte by byte, and however it is split', () => {
    const whole = parse(BROWSER);
    expect(parse(BROWSER, [1])).toEqual(whole);
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 });
    fc.assert(
      fc.property(sizes, (pieces) => {
        expect(parse(BROWSER, pieces)).toEqual(whole);
      }),
    );
  });

  it('stops behind the head and reads the next one', () => {
    const parser = new RequestParser();
    const two = Buffer.from(
      request('Content-Length: 2\r\n') + 'ab' + request('', 'HEAD /x HTTP/1.1'),
    );
    const end = parser.push(two, 0, two.length);
    expect([two.toString('latin1', end, end + 2), parser.head.contentLength]).toEqual(['ab', 2]);
    expect(parser.push(two, end, two.length)).toBe(end);
    parser.reset();
    expect(parser.push(two, end + 2, two.length)).toBe(two.length);
    expect([parser.head.method, parser.head.target, parser.head.bodyKind]).toEqual([
      'HEAD',
      '/x',
      'none',
    ]);
  });

  it.each([
    ['GET http://h/a?b HTTP/1.1', 'http://h/a?b'],
    ['OPTIONS * HTTP/1.1', '*'],
    ['M-SEARCH /a;b=c(d) HTTP/1.9', '/a;b=c(d)'],
  ])('takes %s', (first, target) => {
    expect(parse(request('', first))).toMatchObject({ state: 'complete', target });
  });

  it.each([
    ['Connection: close\r\n', 'GET / HTTP/1.1', false],
    ['Connection: Upgrade, CLOSE\r\n', 'GET / HTTP/1.1', false],
    ['connection: upgrade\r\nConnection: close\r\n', 'GET / HTTP/1.1', false],
    ['Connection: closed\r\n', 'GET / HTTP/1.1', true],
    ['Connection: keep-alive\r\n', 'GET / HTTP/1.0', false],
  ])('knows from %j of %s whether the connection goes on', (lines, first, keepAlive) => {
    expect(parse(request(lines, first)).keepAlive).toBe(keepAlive);
  });

  it.each([
    ['Content-Length: 0\r\n', 'none 0'],
    ['Content-Length: 15\r\n', 'length 15'],
    ['Transfer-Encoding: Chunked\r\n', 'chunked 0'],
  ])('delimits the body by %j', (lines, body) => {
    expect(parse(request(lines)).body).toBe(body);
  });

  it.each([
    ['method-malformed', '\x16\x03\x01'],
    ['method-malformed', ' GET / HTTP/1.1\r\n'],
    ['method-malformed', request('', 'GE(T / HTTP/1.1')],
    ['target-malformed', request('', 'GET  / HTTP/1.1')],
    ['target-malformed', request('', 'GET /a\x7f HTTP/1.1')],
    ['target-malformed', request('', 'GET /a#b HTTP/1.1')],
    ['target-malformed', request('', 'GET /\xff HTTP/1.1')],
    ['target-malformed', request('', 'GET /')],
    ['version-malformed', request('', 'GET / HTTP/1.1 ')],
    ['version-malformed', request('', 'GET / http/1.1')],
    ['version-malformed', request('', 'GET / HTTP/11')],
    ['version-unsupported', request('', 'GET / HTTP/2.0')],
    ['line-malformed', 'GET / HTTP/1.1\nHost: h\r\n\r\n'],
    ['line-malformed', 'GET / HTTP/1.1\rHost: h\r\n\r\n'],
    ['line-malformed', 'GET /\x00 HTTP/1.1\r\n'],
    ['line-malformed', '\n'],
    ['line-malformed', '\r\n\r\n\r\n'],
    ['header-malformed', request('Na me: x\r\n')],
    ['header-malformed', request('Name : x\r\n')],
    ['header-malformed', request(': x\r\n')],
    ['header-malformed', request('Name\r\n')],
    ['header-malformed', request('Name: a\x01b\r\n')],
    ['header-folded', request('Name: a\r\n b\r\n')],
    ['host-missing', 'GET / HTTP/1.1\r\n\r\n'],
    ['host-repeated', request('Host: h\r\n')],
    ['content-length-malformed', request('Content-Length: +1\r\n')],
    ['content-length-malformed', request('Content-Length: 1, 1\r\n')],
    ['content-length-malformed', request('Content-Length: 0x1\r\n')],
    ['content-length-malformed', request('Content-Length: 99999999999999999999\r\n')],
    ['content-length-malformed', request('Content-Length:\r\n')],
    ['content-length-repeated', request('Content-Length: 1\r\ncontent-length: 1\r\n')],
    [
      'content-length-with-transfer-encoding',
      request('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'),
    ],
    ['transfer-encoding-unsupported', request('Transfer-Encoding: gzip, chunked\r\n')],
    [
      'transfer-encoding-unsupported',
      request('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
    ],
    [
      'transfer-encoding-unsupported',
      request('Transfer-Encoding: \x0bchunked\r\n').replace('\x0b', 'x'),
    ],
    ['transfer-encoding-unsupported', request('Transfer-Encoding: chunked\r\n', 'POST / HTTP/1.0')],
    ['target-too-long', `GET /${'a'.repeat(5000)}`],
    ['head-too-long', request(`X: ${'a'.repeat(8200)}\r\n`)],
    ['headers-too-many', request('X: a\r\n'.repeat(64))],
  ])('says %s', (fault, text) => {
    const whole = parse(text);
    expect(whole).toMatchObject({ state: 'failed', fault });
    expect(parse(text, [1])).toMatchObject({ state: 'failed', fault });
    expect(statusOfFault(fault as Parameters<typeof statusOfFault>[0])).toBeGreaterThanOrEqual(400);
  });

  it('takes a head of exactly the bound and not one byte more', () => {
    const room = MAX_HEAD_BYTES - request('X: \r\n').length;
    expect(parse(request(`X: ${'a'.repeat(room)}\r\n`), [1000]).state).toBe('complete');
    expect(parse(request(`X: ${'a'.repeat(room + 1)}\r\n`), [1000]).fault).toBe('head-too-long');
  });

  it('never throws and never keeps more than the bound', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'GET / HTTP/1.1',
        '\r\n',
        '\r',
        '\n',
        ': ',
        'Host',
        'Content-Length',
        '\0',
        ' ',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60 }),
        fc.integer({ min: 1, max: 50 }),
        (pieces, size) => {
          const text = pieces.join('');
          expect(parse(text, [size]).state).toBe(parse(text, [1]).state);
          expect(['reading', 'complete', 'failed']).toContain(parse(text).state);
        },
      ),
      { numRuns: 500 },
    );
  });
});

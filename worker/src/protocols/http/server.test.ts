import { execFile } from 'node:child_process';
import http from 'node:http';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { until } from '../../engine/testing/fixture.ts';
import type { HttpExchange } from './exchange.ts';
import type { MediaRoute } from './media-route.ts';
import { PreparedResponse } from './prepared-response.ts';
import { rawClient, serveHttp, type Served } from './testing/fixture.ts';

const curl = promisify(execFile);

/** `/media/...` at once, `/later/...` when told, `/big/...` 3 MB, `/bad/...` refuses. */
function mediaRoute(waiting: HttpExchange[] = []): MediaRoute {
  const prepared = new PreparedResponse(200, 'X-Kind: prepared\r\n', Buffer.from('prepared'));
  return {
    name: 'test',
    match: ({ segments: [first] }) => {
      switch (first) {
        case 'media':
          return (exchange) =>
            exchange.respond(200, '', Buffer.from(`media ${exchange.segments.join(' ')}`));
        case 'prepared':
          return (exchange) => exchange.respondPrepared(prepared);
        case 'later':
          return (exchange) => void waiting.push(exchange);
        case 'big':
          return (exchange) => exchange.respond(200, '', Buffer.alloc(900_000, 0x62));
        case 'bad':
          return (exchange) => exchange.fail('WORKER_OVERLOADED');
        default:
          return undefined;
      }
    },
  };
}

function served(
  limits = {},
  fallback?: http.RequestListener,
): Served & { waiting: HttpExchange[] } {
  const waiting: HttpExchange[] = [];
  const routes = (): MediaRoute[] => [mediaRoute(waiting)];
  return { ...serveHttp({ routes, limits, ...(fallback ? { fallback } : {}) }), waiting };
}

function get(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: h\r\n${headers}\r\n`;
}

/** Bodies of the answers, in order, by the lengths that they announce. */
function bodies(text: string): string[] {
  const found: string[] = [];
  let rest = text;
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n') + 4;
    const length = Number(/Content-Length: (\d+)/i.exec(rest.slice(0, headEnd))?.[1] ?? 0);
    found.push(rest.slice(headEnd, headEnd + length));
    rest = rest.slice(headEnd + length);
  }
  return found;
}

describe('HttpServer', () => {
  it('answers media itself and gives the rest to Node', async () => {
    const { url } = served();
    expect(await (await fetch(`${url}/media/x%7Ey`)).text()).toBe('media media x~y');
    const post = await fetch(`${url}/api/v1`, { method: 'POST', body: 'hello' });
    expect(await post.text()).toBe('node POST /api/v1 hello');
  });

  it('serves curl, also an upgrade to h2c that nobody wants', async () => {
    const { url } = served();
    const { stdout } = await curl('curl', [
      '-s',
      '--http2',
      `${url}/media/a`,
      `${url}/node`,
      `${url}/media/b`,
    ]);
    expect(stdout).toBe('media media anode GET /node media media b');
  });

  it('answers OPTIONS with the preflight, HEAD without a body', async () => {
    const { url } = served();
    const preflight = await fetch(`${url}/media/x`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS');
    const head = await fetch(`${url}/prepared/x`, { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['8', '']);
  });

  it('refuses other methods with a code', async () => {
    const { url, refused } = served();
    const answer = await fetch(`${url}/media/x`, { method: 'DELETE' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect(await answer.json()).toEqual({
      code: 'HTTP_METHOD_NOT_ALLOWED',
      message: 'method is not allowed here: DELETE',
    });
    expect(refused).toEqual(['HTTP_METHOD_NOT_ALLOWED']);
  });

  it('asks to come again when it is overloaded', async () => {
    const { url } = served();
    const answer = await fetch(`${url}/bad/x`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  const MIX = [
    get('/media/1'),
    'OPTIONS /media/2 HTTP/1.1\r\nHost: h\r\n\r\n',
    get('/node/3'),
    'POST /node/4 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello',
    get('/prepared/5'),
    'POST /node/6 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n',
    get('/bad/7'),
    'HEAD /node/8 HTTP/1.1\r\nHost: h\r\n\r\n',
    '\r\n' + get('/media/9'),
  ];
  const ANSWERS =
    /media media 1.*204 .*node GET \/node\/3 .*node POST \/node\/4 hello.*prepared.*node POST \/node\/6 abcde.*WORKER_OVERLOADED.*media media 9$/s;

  it('answers a pipelined mix of media and API requests in their order', async () => {
    const { port, server } = served();
    const raw = rawClient(port);
    raw.send(MIX.join(''));
    await raw.saw('media media 9');
    expect(raw.text()).toMatch(ANSWERS);
    expect(server.connections).toBe(1);
  });

  it('answers the same mix byte by byte', async () => {
    const { port } = served();
    const raw = rawClient(port);
    raw.socket.setNoDelay(true);
    for (const byte of MIX.join('')) {
      raw.send(byte);
      await new Promise(setImmediate);
    }
    await raw.saw('media media 9');
    expect(raw.text()).toMatch(ANSWERS);
  });

  it('answers any order of requests, split anywhere', async () => {
    const { port } = served();
    const kinds = fc.array(fc.constantFrom('/media/', '/node/', '/prepared/'), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(
        kinds,
        fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1 }),
        async (paths, sizes) => {
          const raw = rawClient(port);
          const bytes = paths.map((path, i) => get(`${path}${i}`)).join('') + get('/media/last');
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            raw.send(bytes.slice(at, at + size));
            at += size;
            await new Promise(setImmediate);
          }
          await raw.saw('media media last');
          raw.socket.destroy();
          const wanted = paths.map((path, i) =>
            path === '/media/'
              ? `media media ${i}`
              : path === '/node/'
                ? `node GET /node/${i} `
                : 'prepared',
          );
          expect(bodies(raw.text())).toEqual([...wanted, 'media media last']);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('holds what is pipelined behind an answer that is not ready', async () => {
    const { port, waiting } = served();
    const raw = rawClient(port);
    raw.send(get('/later/1') + get('/media/2'));
    await until('route called', () => waiting.length === 1);
    expect(raw.text()).toBe('');
    waiting[0]?.respond(200, '', Buffer.from('at last'));
    await raw.saw('media media 2');
    expect(bodies(raw.text())).toEqual(['at last', 'media media 2']);
  });

  it('sends large answers whole, one behind the other', async () => {
    const { port } = served();
    const raw = rawClient(port);
    raw.send(get('/big/1') + get('/big/2') + get('/media/3', 'Connection: close\r\n'));
    await raw.closed();
    expect(bodies(raw.text()).map((body) => body.length)).toEqual([900_000, 900_000, 13]);
  });

  it('tells a route when its client is gone', async () => {
    const { port, waiting, server } = served();
    const raw = rawClient(port);
    raw.send(get('/later/1'));
    await until('route called', () => waiting.length === 1);
    let isGone = false;
    waiting[0]?.onClientGone(() => (isGone = true));
    raw.socket.destroy();
    await until('told', () => isGone);
    waiting[0]?.fail('STREAM_NOT_FOUND');
    expect(server.connections).toBe(0);
  });

  it('closes when the client says so, or is old', async () => {
    const { port } = served();
    for (const request of [
      get('/media/1', 'Connection: close\r\n'),
      'GET /media/1 HTTP/1.0\r\n\r\n',
    ]) {
      const raw = rawClient(port);
      raw.send(request);
      await raw.closed();
      expect(raw.text()).toMatch(/^HTTP\/1.1 200 OK\r\n.*Connection: close\r\n.*media media 1$/s);
    }
  });

  it('lets Node close, and survives an answer before the body', async () => {
    const early: http.RequestListener = (_request, response) => {
      response.writeHead(413, { connection: 'keep-alive' }).end('too much');
    };
    const { port } = served({}, early);
    const raw = rawClient(port);
    raw.send('POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nabc');
    await raw.closed();
    expect(raw.text()).toContain('too much');
    const closing = served({}, (_request, response) => {
      response.writeHead(200, { connection: 'close' }).end('bye');
    });
    const second = rawClient(closing.port);
    second.send(get('/x') + get('/media/never'));
    await second.closed();
    expect(second.text()).toMatch(/bye/);
    expect(second.text()).not.toContain('never');
  });

  it('passes a large upload and a large download', async () => {
    const { url } = served();
    const body = 'x'.repeat(3_000_000);
    const answer = await fetch(`${url}/up`, { method: 'POST', body });
    expect((await answer.text()).length).toBe(body.length + 'node POST /up '.length);
  });

  it.each([
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00', 400, 'HTTP_REQUEST_INVALID'],
    ['a bare line feed', 'GET / HTTP/1.1\n', 400, 'HTTP_REQUEST_INVALID'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\n', 505, 'HTTP_VERSION_UNSUPPORTED'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'HTTP_REQUEST_INVALID'],
    ['an endless line', `GET /${'a'.repeat(5000)}`, 414, 'HTTP_TARGET_TOO_LONG'],
    ['an endless head', get('/', `X: ${'a'.repeat(9000)}\r\n`), 431, 'HTTP_HEAD_TOO_LARGE'],
    ['too many headers', get('/', 'X: a\r\n'.repeat(65)), 431, 'HTTP_HEAD_TOO_LARGE'],
    ['dots', get('/a/../b'), 400, 'HTTP_REQUEST_INVALID'],
    ['encoded dots', get('/a/%2e%2E/b'), 400, 'HTTP_REQUEST_INVALID'],
    ['NUL', get('/a%00b'), 400, 'HTTP_REQUEST_INVALID'],
    [
      'two lengths',
      get('/', 'Content-Length: 1\r\nContent-Length: 1\r\n'),
      400,
      'HTTP_REQUEST_INVALID',
    ],
    [
      'length and chunked',
      get('/', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'),
      400,
      'HTTP_REQUEST_INVALID',
    ],
    [
      'a broken chunk',
      get('/', 'Transfer-Encoding: chunked\r\n') + 'zz\r\n',
      400,
      'HTTP_REQUEST_INVALID',
    ],
    [
      'a body for media',
      get('/media/x', 'Content-Length: 3\r\n') + 'abc',
      400,
      'HTTP_REQUEST_INVALID',
    ],
  ])('refuses %s with a code and closes', async (_name, bytes, status, code) => {
    const { port, refused } = served();
    const raw = rawClient(port);
    raw.send(bytes);
    await raw.closed();
    expect(raw.text()).toContain(`HTTP/1.1 ${status} `);
    expect(raw.text()).toContain(`"code":"${code}"`);
    expect(raw.text()).toContain('Connection: close\r\n');
    expect(refused).toEqual([code]);
  });

  it('closes slow heads, idle connections and stalled bodies in time', async () => {
    const { port, clock, refused, server } = served({
      headMs: 10_000,
      idleMs: 60_000,
      stallMs: 30_000,
    });
    const silent = rawClient(port);
    const slow = rawClient(port);
    const idle = rawClient(port);
    const stalled = rawClient(port);
    slow.send('GET / HTTP/1.1\r\nHo');
    idle.send(get('/media/1'));
    stalled.send('POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc');
    await idle.saw('media');
    await until('all arrived', () => server.connections === 4);
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(12_000);
    await slow.closed();
    await silent.closed();
    expect(slow.text()).toContain('HTTP_TIMEOUT');
    expect(server.connections).toBe(2);
    clock.advance(25_000);
    await stalled.closed();
    clock.advance(30_000);
    await idle.closed();
    expect(refused).toEqual(['HTTP_TIMEOUT', 'HTTP_TIMEOUT']);
    expect(idle.text()).toMatch(/media media 1$/);
  });

  it("arms Node's own time limits, which a server has only once it listens", async () => {
    const fallback = http.createServer({
      headersTimeout: 100,
      requestTimeout: 100,
      connectionsCheckingInterval: 20,
    });
    const trickling = serveHttp({ routes: () => [], fallback });
    const raw = rawClient(trickling.port);
    raw.send('POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx');
    await raw.saw('HTTP/1.1 408 ');
    await raw.closed();
    expect(trickling.server.connections).toBe(0);
  });

  it('closes a client that takes no bytes of its answer', async () => {
    const { port, clock, refused, server } = served({ stallMs: 30_000 });
    const raw = rawClient(port);
    raw.socket.pause();
    raw.send(Array.from({ length: 8 }, (_, i) => get(`/big/${i}`)).join(''));
    // The socket buffers fill; from then on nothing moves.
    await until('refused', () => {
      clock.advance(1000);
      return refused.length > 0;
    });
    expect(refused).toEqual(['HTTP_TIMEOUT']);
    await until('closed', () => server.connections === 0);
  });

  it('drains: nobody new, and every answer is the last', async () => {
    const { port, server } = served();
    const raw = rawClient(port);
    raw.send(get('/media/1'));
    await raw.saw('media media 1');
    server.stopAccepting();
    raw.send(get('/media/2'));
    await raw.closed();
    expect(raw.text()).toMatch(/Connection: close\r\n.*media media 2$/s);
    const late = rawClient(port);
    await late.closed();
    expect(late.text()).toBe('');
  });

  it('keeps serving while others send garbage', async () => {
    const { port, url } = served();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
        const raw = rawClient(port);
        raw.socket.end(Buffer.from(bytes));
        await raw.closed();
        expect(await (await fetch(`${url}/media/ok`)).text()).toBe('media media ok');
      }),
      { numRuns: 40 },
    );
  });
});

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpOutside } from './outside.ts';

const TIMEOUT_MS = 300;
/** For answers that come: on a machine with much to do as well. */
const PATIENT_MS = 10_000;

describe('HttpOutside', () => {
  const outside = new HttpOutside();
  const seen: { url: string; body: string; bearer: string | undefined; socket: unknown }[] = [];
  let server: http.Server;
  let origin: string;

  beforeAll(async () => {
    server = http.createServer((request, response) => {
      const { url = '', headers, socket } = request;
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        seen.push({ url, body, bearer: headers.authorization, socket });
        answer(url, response);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    outside.close();
    server.closeAllConnections();
    server.close();
  });

  function answer(url: string, response: http.ServerResponse): void {
    if (url === '/hangs') return;
    if (url === '/moved') response.writeHead(302, { location: '/good' }).end();
    else if (url === '/huge') response.end('x'.repeat(100_000));
    else if (url === '/endless') setInterval(() => response.write('x'.repeat(1000)), 5).unref();
    else if (url === '/cut') response.socket?.end('HTTP/1.1 2\r\n\r\ngarbage');
    else response.writeHead(url === '/bad' ? 500 : 200).end('good');
  }

  function post(path: string, bearer = '', timeoutMs = PATIENT_MS): Promise<number> {
    const body = '{"a":1}';
    return outside.post({ url: origin + path, body, bearer, timeoutMs });
  }

  it('posts JSON, and keeps its connection', async () => {
    expect(await post('/good?x=1', 'abc')).toBe(200);
    // Its body is read a moment later.
    await sleep(50);
    expect(await post('/good')).toBe(200);
    const [first, second] = seen;
    expect(first).toMatchObject({ url: '/good?x=1', body: '{"a":1}', bearer: 'Bearer abc' });
    expect(second).toMatchObject({ bearer: undefined });
    expect(second?.socket === first?.socket).toBe(true);
  });

  it('follows nobody', async () => {
    const before = seen.length;
    expect(await post('/moved')).toBe(302);
    expect(seen.length).toBe(before + 1);
  });

  it('looks at no body, however long it is', async () => {
    expect(await post('/huge')).toBe(200);
    expect(await post('/endless')).toBe(200);
    expect(await post('/bad')).toBe(500);
  });

  it.each(['/hangs', '/cut'])('rejects for %s', async (path) => {
    const startedMs = performance.now();
    await expect(post(path, '', TIMEOUT_MS)).rejects.toThrow();
    expect(performance.now() - startedMs).toBeLessThan(TIMEOUT_MS + 700);
  });

  it('gets what is short and whole', async () => {
    const get = (path: string): Promise<Buffer> => outside.get(origin + path, 1000, TIMEOUT_MS);
    expect((await get('/good')).toString()).toBe('good');
    await expect(get('/huge')).rejects.toThrow('longer');
    await expect(get('/endless')).rejects.toThrow();
    await expect(get('/moved')).rejects.toThrow('302');
    await expect(get('/hangs')).rejects.toThrow();
  });
});

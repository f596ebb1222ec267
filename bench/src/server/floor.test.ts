import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { floor, floorFlags } from './floor.ts';
import type { ServerNeed, ServerUnderTest } from './server.ts';

const HOST = '127.0.0.1';
/** As bench/native/src/clip.c. */
const PATTERN = Buffer.from(
  Uint8Array.from({ length: 1 << 20 }, (_, i) => Math.imul(i, 2654435761) >>> 24),
);
/** With no time kept a ring is four units of 64 KB, and goes round five times a second. */
const FAST = { bitsPerSecond: 10_000_000, keepMs: 0 };
const STALL_MS = 500;

const running: ServerUnderTest[] = [];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'floor-'));

async function start(need: ServerNeed): Promise<ServerUnderTest> {
  const server = await floor.start(need);
  running.push(server);
  return server;
}

/** The pattern's bytes from a position of a stream. */
function expected(position: number, length: number): Buffer {
  const start = position % PATTERN.length;
  const rounds = Math.ceil((start + length) / PATTERN.length);
  return Buffer.concat(Array<Buffer>(rounds).fill(PATTERN)).subarray(start, start + length);
}

async function read(readable: AsyncIterable<Buffer>, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of readable) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bytes);
}

beforeAll(async () => {
  expect(await floor.available()).toBeUndefined();
}, 60_000);

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

describe('a floor of streams', () => {
  it.each([
    { what: 'pages', isCopying: false },
    { what: 'copies', isCopying: true },
  ])(
    'sends HTTP viewers $what of their streams, whole although memory is used again',
    async (by) => {
      const { isCopying } = by;
      const { ports } = await start({ task: 'flv', ...FAST, streams: 2, isCopying });
      const viewers = await Promise.all(
        [0, 1].map(async () => {
          const request = http.get({ host: HOST, port: ports.http, path: '/live/a.flv' });
          const [response] = (await once(request, 'response')) as [http.IncomingMessage];
          const position = Number(response.headers['x-position']);
          await sleep(STALL_MS);
          const bytes = await read(response, 1_500_000);
          expect(bytes.equals(expected(position, bytes.length))).toBe(true);
          return response.headers['x-stream'];
        }),
      );
      expect(viewers.sort()).toEqual(['0', '1']);
    },
  );

  it('writes at the rate that it is told, one call a viewer and tick', async () => {
    const server = await start({ task: 'rtmp', bitsPerSecond: 2_000_000, sendTickMs: 50 });
    const socket = net.connect(server.ports.raw!, HOST).resume();
    await once(socket, 'connect');
    const from = { at: performance.now(), ...(await server.counters()) };
    await sleep(1000);
    const to = { at: performance.now(), ...(await server.counters()) };
    const seconds = (to.at - from.at) / 1000;
    const bitsPerSecond = ((to.bytesSent! - from.bytesSent!) * 8) / seconds;
    expect(bitsPerSecond).toBeGreaterThan(1_500_000);
    expect(bitsPerSecond).toBeLessThan(2_500_000);
    expect((to.sendCalls! - from.sendCalls!) / seconds).toBeLessThan(25);
    expect(socket.bytesRead).toBeGreaterThanOrEqual(to.bytesSent! - from.bytesSent!);
    socket.destroy();
  });

  it('repeats a clip where it is given one', async () => {
    const clipFile = path.join(folder, 'clip');
    fs.writeFileSync(clipFile, 'a clip. ');
    const server = await start({ task: 'rtmp', clipFile, bitsPerSecond: 2_000_000 });
    const socket = net.connect(server.ports.raw!, HOST);
    const text = (await read(socket, 50_000)).toString('latin1');
    expect(text.replaceAll('a clip. ', '').length).toBeLessThan(16);
  });
});

describe('the floor of ingest', () => {
  it('reads all that publishers send', async () => {
    const server = await start({ task: 'ingest', readTickMs: 20, streams: 8 });
    const publishers = Array.from({ length: 8 }, () => net.connect(server.ports.raw!, HOST));
    const bytes = 300_000;
    for (const publisher of publishers) publisher.end(Buffer.alloc(bytes));
    await expect
      .poll(async () => (await server.counters()).bytesReceived, { timeout: 5000 })
      .toBe(publishers.length * bytes);
    for (const publisher of publishers) publisher.destroy();
  });
});

describe('a floor of answers', () => {
  it.each(['playlist', 'segment'] as const)('answers a %s on a kept connection', async (task) => {
    const bodyBytes = task === 'playlist' ? 400 : 3_000_000;
    const { ports } = await start({ task, bodyBytes });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; i++) {
      const request = http.get({ host: HOST, port: ports.http, path: '/', agent });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      const body = await read(response, Infinity);
      expect(body.equals(expected(0, bodyBytes))).toBe(true);
      expect(request.reusedSocket).toBe(i > 0);
    }
    agent.destroy();
  });
});

describe('a floor over TLS', () => {
  const tls = { certFile: path.join(folder, 'cert.pem'), keyFile: path.join(folder, 'key.pem') };

  beforeAll(() => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const out = ['-keyout', tls.keyFile, '-out', tls.certFile, '-subj', '/CN=localhost'];
    execFileSync('openssl', ['req', '-x509', ...key, ...out], { stdio: 'ignore' });
  });

  it('answers segments', async () => {
    const { ports } = await start({ task: 'https-segment', bodyBytes: 3_000_000, tls });
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    for (let i = 0; i < 3; i++) {
      const request = https.get({ host: HOST, port: ports.https, path: '/', agent });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      const body = await read(response, Infinity);
      expect(body.equals(expected(0, 3_000_000))).toBe(true);
    }
    agent.destroy();
  });

  it('sends viewers their streams, and ends when told', async () => {
    const server = await start({ task: 'https-flv', ...FAST, tls });
    const options = { host: HOST, port: server.ports.https, rejectUnauthorized: false };
    const request = https.get({ ...options, path: '/live/a.flv' });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const position = Number(response.headers['x-position']);
    const bytes = await read(response, 1_500_000);
    expect(bytes.equals(expected(position, bytes.length))).toBe(true);
    expect(server.residentBytes()).toBeGreaterThan(0);
    process.kill(server.pid, 'SIGTERM');
    await expect.poll(() => server.residentBytes()).toBe(0);
  });
});

describe('floorFlags()', () => {
  it('says what is needed, and leaves the rest to the floor', () => {
    expect(floorFlags({ task: 'flv' })).toEqual([]);
    expect(floorFlags({ task: 'flv', sendTickMs: 40, streams: 100 })).toEqual([
      ...['--tick-ms', '40', '--streams', '100'],
    ]);
    expect(floorFlags({ task: 'ingest', sendTickMs: 40, readTickMs: 20 })).toEqual([
      ...['--tick-ms', '20'],
    ]);
  });
});

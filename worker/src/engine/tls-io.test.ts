import { spawn } from 'node:child_process';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CloseReason, Connection, Engine } from './engine.ts';
import { client, pattern, serve, testEngine, until } from './testing/fixture.ts';
import { TestAuthority, type KeyPair } from './testing/pki.ts';
import { append, format, numberedBody } from './testing/records.ts';
import { contextOf, shake, tlsClient } from './testing/tls.ts';

const MIB = 1024 * 1024;

describe('bytes over tls', () => {
  let authority: TestAuthority;
  let pair: KeyPair;

  beforeAll(() => {
    authority = new TestAuthority('users');
    pair = authority.issue('one.test');
  });
  afterAll(() => authority.close());

  const tls = (engine: Engine) => ({ tls: contextOf(engine, pair) });

  it('echoes bytes content-exact, whatever the pieces', async () => {
    const engine = testEngine({ slabBytes: 32768 });
    const port = serve(
      engine,
      (connection) => ({
        onData: (slab, start, end) => connection.write(slab.subarray(start, end)),
      }),
      tls(engine),
    );
    const { socket, bytes, length } = tlsClient(port);
    const sent = pattern(3_000_000, 1);
    let at = 0;
    for (let step = 1; at < sent.length; step = Math.min(step * 3, 150_000)) {
      const next = Math.min(at + step, sent.length);
      socket.write(sent.subarray(at, next));
      at = next;
      await until('part echoed', () => length() === at);
    }
    expect(bytes().equals(sent)).toBe(true);
    const { bytesReceivedTotal, bytesSentTotal } = engine.stats();
    expect([bytesReceivedTotal, bytesSentTotal]).toEqual([sent.length, sent.length]);
  });

  it('sends spans of 16 MB behind a head, to a reader that is often full', async () => {
    const engine = testEngine({ sendBufferBytes: 65536 });
    const log = engine.createLog('raw');
    const parts = Array.from({ length: 64 }, (_, i) => pattern(MIB / 4, i));
    for (const part of parts) append(log, part);
    const reasons: CloseReason[] = [];
    const port = serve(
      engine,
      (connection) => ({
        onData: () => {
          connection.write(Buffer.from('head'));
          connection.writeSpan(log, 0, log.head);
          connection.write(Buffer.from('tail'));
          connection.end();
        },
        onClose: (reason) => reasons.push(reason),
      }),
      tls(engine),
    );
    const { socket, bytes, length } = tlsClient(port);
    const ended: string[] = [];
    socket.on('end', () => ended.push('end'));
    socket.write('go');
    let waitingBytes = 0;
    while (length() < 16 * MIB + 8) {
      socket.pause();
      await new Promise((resolve) => setTimeout(resolve, 2));
      waitingBytes = Math.max(waitingBytes, engine.stats().tlsWaitingBytes);
      socket.resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const expected = Buffer.concat([Buffer.from('head'), ...parts, Buffer.from('tail')]);
    expect(bytes().equals(expected)).toBe(true);
    await until('closed', () => reasons.length === 1 && ended.length === 1);
    expect(reasons).toEqual(['local']);
    expect(waitingBytes).toBeGreaterThan(0);
    expect(waitingBytes).toBeLessThanOrEqual(300_000);
    expect(engine.stats()).toMatchObject({ tlsWaitingBytes: 0, queuedBytes: 0, connections: 0 });
  });

  it('serves many cursors, fast and slow, with few system calls', async () => {
    const engine = testEngine();
    const log = engine.createLog('flv');
    const port = serve(engine, (c) => (c.attachCursor(log, { position: 0 }), {}), tls(engine));
    const clients = Array.from({ length: 40 }, () => tlsClient(port));
    await until('all are here', () => log.cursors === clients.length);
    const slow = clients.filter((_, i) => i % 4 === 0);
    for (const { socket } of slow) socket.pause();
    const written: Buffer[] = [];
    for (let i = 0; i < 40; i += 1) {
      const record = format('flv').build(i * 40, numberedBody(i, 30_000));
      append(log, record);
      written.push(record);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const { socket } of slow) socket.resume();
    await until('all received', () => clients.every(({ length }) => length() === log.head));
    const expected = Buffer.concat(written);
    for (const { bytes } of clients) expect(bytes().equals(expected)).toBe(true);
    // 40 viewers x 1.2 MB in records of 16 KB would be 2,960 calls.
    expect(engine.stats().sendCallsTotal).toBeLessThan(1_800);
  });

  it('frees what a viewer left that goes in the middle', async () => {
    const engine = testEngine({ sendBufferBytes: 16384 });
    const log = engine.createLog('raw');
    for (let i = 0; i < 64; i += 1) append(log, Buffer.alloc(MIB / 4));
    const port = serve(engine, (c) => (c.writeSpan(log, 0, log.head), {}), tls(engine));
    const { socket, length } = tlsClient(port);
    await until('some came', () => length() > 0);
    socket.pause();
    await until('the kernel is full', () => engine.stats().tlsWaitingBytes > 0);
    socket.destroy();
    await until('gone', () => engine.stats().connections === 0);
    const { tlsWaitingBytes, tlsConnections, queuedBytes } = engine.stats();
    expect({ tlsWaitingBytes, tlsConnections, queuedBytes }).toEqual({
      tlsWaitingBytes: 0,
      tlsConnections: 0,
      queuedBytes: 0,
    });
  });

  it('gives what arrived before a half-close, flushes the answer, ends properly', async () => {
    const engine = testEngine();
    const events: string[] = [];
    const port = serve(
      engine,
      (connection) => ({
        onData: (slab, start, end) => {
          events.push(slab.toString('latin1', start, end));
          connection.write(Buffer.alloc(500_000, 'a'));
        },
        onClose: (reason) => events.push(reason),
      }),
      tls(engine),
    );
    const { socket, length } = tlsClient(port);
    socket.allowHalfOpen = true;
    socket.on('end', () => events.push('end'));
    socket.end('request');
    await until('closed', () => events.length === 3);
    expect(length()).toBe(500_000);
    expect(events.sort()).toEqual(['end', 'remote', 'request']);
  });

  it('drops input, still decrypting it, and reads on after a pause', async () => {
    const engine = testEngine();
    const accepted: Connection[] = [];
    let received = 0;
    const port = serve(
      engine,
      (connection) => {
        accepted.push(connection);
        connection.discardInput(true);
        return { onData: (_slab, start, end) => (received += end - start) };
      },
      tls(engine),
    );
    const { socket, bytes } = tlsClient(port);
    socket.write(Buffer.alloc(3_000_000));
    await until('dropped', () => accepted[0]?.bytesReceived === 3_000_000);
    accepted[0]?.discardInput(false);
    received = 0;
    accepted[0]?.pauseReads(true);
    socket.write(Buffer.alloc(50_000));
    accepted[0]?.write(Buffer.from('marker'));
    await until('marked', () => bytes().toString() === 'marker');
    expect(received).toBe(0);
    accepted[0]?.pauseReads(false);
    await until('read', () => received === 50_000);
  });

  it('drops garbage and half handshakes; others notice nothing', async () => {
    const engine = testEngine();
    let accepted = 0;
    const port = serve(
      engine,
      (connection) => {
        accepted += 1;
        return { onData: (slab, start, end) => connection.write(slab.subarray(start, end)) };
      },
      tls(engine),
    );
    const random = pattern(100_000, 9);
    const closed: string[] = [];
    const garbage = [
      'GET / HTTP/1.1\r\n\r\n',
      random,
      random.subarray(0, 1),
      '\x16\x03\x01\xff\xff',
    ];
    for (const bytes of garbage) {
      const { socket } = client(port);
      socket.end(bytes);
      socket.on('close', () => closed.push('garbage'));
    }
    const silent = client(port);
    silent.socket.on('connect', () => silent.socket.end());
    silent.socket.on('close', () => closed.push('silent'));
    expect((await shake(port)).protocol).toBe('TLSv1.3');
    await until('all closed', () => closed.length === 5);
    // Who came and went without a word only looked whether the port is open.
    await until('counted', () => engine.stats().tlsFailuresTotal === 4);
    expect(engine.tlsFailure).not.toBe('');
    expect(accepted).toBe(1);
    await until('forgotten', () => engine.stats().connections === 0);
  });

  it('closes who does not shake hands in time', async () => {
    const engine = testEngine();
    const port = serve(engine, () => ({}), tls(engine));
    const { socket } = client(port);
    socket.write('\x16\x03\x01\x02\x00');
    const started = performance.now();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(performance.now() - started).toBeGreaterThan(9_000);
    expect(engine.stats()).toMatchObject({ tlsFailuresTotal: 1, connections: 0 });
    expect(engine.tlsFailure).toBe('not done in time');
  });

  /** Has openssl's own client send `commands`, one every 2 ms; what it said. */
  async function openssl(port: number, args: string[], commands: string[]): Promise<string> {
    const all = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'one.test', ...args];
    const child = spawn('openssl', all);
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (chunk) => (said += String(chunk)));
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    child.stdin.on('error', () => undefined);
    let isOver = false;
    const closed = new Promise((resolve) => child.once('close', resolve)).then(() => {
      isOver = true;
    });
    const answers = (): number =>
      (said.match(/^(KEYUPDATE|RENEGOTIATING|one|two|three)$/gm) ?? []).length;
    await until('connected', () => said.includes('Verify return code'));
    for (const [i, command] of commands.entries()) {
      // A letter is a command only where it is all that was typed: nothing may come with it.
      child.stdin.write(`${command}\n`);
      await until('answered', () => isOver || answers() > i);
    }
    child.stdin.write('Q\n');
    await closed;
    return said;
  }

  it('follows key updates, and ends a flood of them', async () => {
    const engine = testEngine();
    const reasons: CloseReason[] = [];
    const port = serve(
      engine,
      (connection) => ({
        onData: (slab, start, end) => connection.write(slab.subarray(start, end)),
        onClose: (reason) => reasons.push(reason),
      }),
      tls(engine),
    );
    const few = await openssl(port, ['-tls1_3'], ['one', 'K', 'two', 'k', 'three']);
    expect(few).toMatch(/one\n[^]*two\n[^]*three\n/);
    await until('left', () => reasons.length === 1);
    await openssl(
      port,
      ['-tls1_3'],
      Array.from({ length: 40 }, () => 'K'),
    );
    await until('closed', () => reasons.length === 2);
    expect(reasons).toEqual(['remote', 'error']);
  });

  it('refuses to negotiate anew by TLS 1.2, and compression', async () => {
    const engine = testEngine();
    const port = serve(engine, () => ({}), tls(engine));
    const said = await openssl(port, ['-tls1_2', '-comp'], ['R']);
    expect(said).toMatch(/no renegotiation/);
    expect(said).toMatch(/Compression: NONE/);
  });

  it('keeps its ticks through a storm of handshakes', async () => {
    const engine = testEngine();
    const log = engine.createLog('raw');
    const attach = (connection: Connection) => (connection.attachCursor(log, { position: 0 }), {});
    const port = serve(engine, attach, tls(engine));
    const viewer = tlsClient(port);
    await until('viewer is here', () => log.cursors === 1);
    const storm = Array.from({ length: 150 }, () => tlsClient(port));
    let largestGapMs = 0;
    let last = performance.now();
    viewer.socket.on('data', () => {
      largestGapMs = Math.max(largestGapMs, performance.now() - last);
      last = performance.now();
    });
    const writer = setInterval(() => append(log, Buffer.alloc(100)), 10);
    await until('all are here', () => engine.stats().tlsConnections === storm.length + 1);
    clearInterval(writer);
    await until('all received', () => storm.every(({ length }) => length() === log.head));
    expect(largestGapMs).toBeLessThan(1_000);
  });

  it('lets the oldest half handshakes go where there are too many', async () => {
    const engine = testEngine();
    const echo = (connection: Connection) => ({
      onData: (slab: Buffer, start: number, end: number) =>
        connection.write(slab.subarray(start, end)),
    });
    const port = serve(engine, echo, tls(engine));
    const half = Array.from({ length: 1_100 }, () => client(port));
    let closed = 0;
    for (const { socket } of half) {
      socket.on('close', () => (closed += 1));
      socket.write('\x16\x03\x01\x02\x00');
    }
    await until('the oldest are gone', () => closed === 1_100 - 1_024);
    expect(engine.tlsFailure).toBe('too many at once');
    expect((await shake(port)).protocol).toBe('TLSv1.3');
  });

  it('closes everything at once while hands are being shaken', () => {
    const engine = testEngine();
    const port = serve(engine, () => ({}), tls(engine));
    for (let i = 0; i < 20; i += 1) tlsClient(port);
    const half = net.connect(port, '127.0.0.1');
    half.on('error', () => undefined);
    return new Promise<void>((resolve) => {
      half.once('connect', () => {
        half.write('\x16\x03');
        setImmediate(() => {
          engine.close();
          resolve();
        });
      });
    });
  });
});

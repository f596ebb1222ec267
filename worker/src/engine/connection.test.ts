import { describe, expect, it } from 'vitest';
import type { CloseReason, Connection } from './engine.ts';
import { client, pattern, serve, testEngine, until } from './testing/fixture.ts';

describe('connection', () => {
  it('echoes bytes content-exact, whatever the pieces', async () => {
    const engine = testEngine({ slabBytes: 65536 });
    const port = serve(engine, (connection) => ({
      onData: (slab, start, end) => connection.write(slab.subarray(start, end)),
    }));
    const { socket, bytes, length } = client(port);
    const sent = pattern(3_000_000, 1);
    for (let at = 0, step = 1; at < 20_000; at += step, step += 7) {
      socket.write(sent.subarray(at, Math.min(at + step, 20_000)));
    }
    await until('first part echoed', () => length() === 20_000);
    let at = 20_000;
    while (at < sent.length) {
      const next = Math.min(at + 150_000, sent.length);
      socket.write(sent.subarray(at, next));
      at = next;
      await until('part echoed', () => length() === at);
    }
    expect(bytes().equals(sent)).toBe(true);
    expect(engine.stats().bytesReceivedTotal).toBe(sent.length);
    expect(engine.stats().bytesSentTotal).toBe(sent.length);
  });

  it('serves many connections at once and forgets them', async () => {
    const engine = testEngine({ slabBytes: 16384 });
    const reasons: CloseReason[] = [];
    const port = serve(engine, (connection) => ({
      onData: (slab, start, end) => connection.write(slab.subarray(start, end)),
      onClose: (reason) => reasons.push(reason),
    }));
    const clients = Array.from({ length: 300 }, () => client(port));
    clients.forEach(({ socket }, i) => socket.write(pattern(5000, i)));
    await until('all echoed', () => clients.every(({ length }) => length() === 5000));
    clients.forEach(({ bytes }, i) => {
      expect(bytes().equals(pattern(5000, i))).toBe(true);
    });
    expect(engine.stats().connections).toBe(300);
    for (const { socket } of clients) socket.end();
    await until('all closed', () => reasons.length === 300);
    expect(new Set(reasons)).toEqual(new Set(['remote']));
    expect(engine.stats().connections).toBe(0);
    expect(engine.stats().queuedBytes).toBe(0);
  });

  it('coalesces reads on the read tick, and reads at once without one', async () => {
    const engine = testEngine();
    const port = serve(engine, (connection) => {
      connection.coalesceReads(true);
      return { onData: (slab, start, end) => connection.write(slab.subarray(start, end)) };
    });
    for (const readTickMs of [0, 40]) {
      engine.setTicks(20, readTickMs);
      const { socket, bytes, length } = client(port);
      const sent = pattern(100_000, readTickMs);
      socket.write(sent);
      await until('echoed', () => length() === sent.length);
      expect(bytes().equals(sent)).toBe(true);
    }
    const calls = engine.stats().readCallsTotal;
    const { socket, length } = client(port);
    socket.setNoDelay(true);
    const timer = setInterval(() => socket.write('x'), 1);
    await until('small writes echoed', () => length() > 100);
    clearInterval(timer);
    expect(engine.stats().readCallsTotal - calls).toBeLessThan(60);
  });

  it('speaks IPv6 and IPv4 on one listener, with plain addresses', async () => {
    const engine = testEngine();
    const seen: Connection[] = [];
    const port = serve(engine, (connection) => (seen.push(connection), {}), {
      host: '::',
    });
    client(port, '::1');
    client(port, '127.0.0.1');
    await until('both accepted', () => seen.length === 2);
    expect(seen.map((connection) => connection.remoteAddress).sort()).toEqual(['127.0.0.1', '::1']);
    expect(seen[0]?.localPort).toBe(port);
    expect(seen[0]?.remotePort).toBeGreaterThan(0);
  });

  it('shares a port where asked to, and says when it is in use', () => {
    const engine = testEngine();
    const onAccept = (): void => undefined;
    const { port } = engine.listen({ host: '127.0.0.1', port: 0, reusePort: true, onAccept });
    expect(engine.listen({ host: '127.0.0.1', port, reusePort: true, onAccept }).port).toBe(port);
    const alone = { host: '127.0.0.1', port, reusePort: false, onAccept };
    expect(() => engine.listen(alone)).toThrow(/EADDRINUSE/);
    expect(() => engine.listen({ ...alone, host: 'localhost' })).toThrow(/EINVAL/);
  });

  it('connects, and tells why it cannot', async () => {
    const engine = testEngine();
    const port = serve(engine, (connection) => ({
      onData: (slab, start, end) => connection.write(slab.subarray(start, end)),
    }));
    const events: string[] = [];
    const connection = engine.connect('127.0.0.1', port, {
      onConnect: () => events.push('connect'),
      onData: (slab, start, end) => events.push(slab.toString('latin1', start, end)),
      onClose: (reason) => events.push(reason),
    });
    connection.write(Buffer.from('early'));
    await until('echoed', () => events.length === 2);
    connection.close();
    connection.close();
    expect(connection.closed).toBe(true);
    await until('closed', () => events.length === 3);
    expect(events).toEqual(['connect', 'early', 'local']);
    expect(connection.bytesSent).toBe(5);
    const refused: CloseReason[] = [];
    const onClose = (reason: CloseReason): number => refused.push(reason);
    engine.connect('127.0.0.1', 1, { onData: () => undefined, onClose });
    await until('refused', () => refused.length === 1);
    engine.connect('localhost', port, { onData: () => undefined, onClose });
    await until('failed', () => refused.length === 2);
    expect(refused).toEqual(['refused', 'error']);
  });

  it('closes a connection whose writes nobody reads', async () => {
    const engine = testEngine({ maxQueuedBytes: 200_000, sendBufferBytes: 16384 });
    const reasons: CloseReason[] = [];
    const port = serve(engine, (connection) => ({
      onData: () => {
        for (let i = 0; i < 100; i += 1) connection.write(Buffer.alloc(10_000));
        expect(connection.queuedBytes).toBeLessThanOrEqual(200_000);
      },
      onClose: (reason) => reasons.push(reason),
    }));
    const { socket } = client(port);
    socket.pause();
    socket.write('go');
    await until('closed', () => reasons.length === 1);
    expect(reasons).toEqual(['overflow']);
    expect(engine.stats().overflowsTotal).toBe(1);
    expect(engine.stats().queuedBytes).toBe(0);
  });

  it('gives what arrived before a half-close, and flushes the answer', async () => {
    const engine = testEngine();
    const events: string[] = [];
    const port = serve(engine, (connection) => ({
      onData: (slab, start, end) => {
        events.push(slab.toString('latin1', start, end));
        connection.write(Buffer.alloc(500_000, 'a'));
      },
      onClose: (reason) => events.push(reason),
    }));
    const { socket, length } = client(port, '127.0.0.1', true);
    socket.end('request');
    await until('closed', () => events.length === 2);
    await until('answered', () => length() === 500_000);
    expect(events).toEqual(['request', 'remote']);
  });

  it('flushes before it ends, and says local', async () => {
    const engine = testEngine({ sendBufferBytes: 16384 });
    const events: string[] = [];
    const port = serve(engine, (connection) => ({
      onData: () => {
        connection.write(pattern(900_000, 5));
        connection.end();
        connection.write(Buffer.from('not sent'));
      },
      onClose: (reason) => events.push(reason),
    }));
    const { socket, bytes } = client(port);
    socket.write('go');
    await until('closed', () => events.length === 1);
    expect(events).toEqual(['local']);
    expect(bytes().equals(pattern(900_000, 5))).toBe(true);
  });

  it('reads on after a pause, and counts dropped input', async () => {
    const engine = testEngine();
    const accepted: Connection[] = [];
    let received = 0;
    const port = serve(engine, (connection) => {
      accepted.push(connection);
      connection.pauseReads(true);
      return { onData: (_slab, start, end) => (received += end - start) };
    });
    const { socket } = client(port);
    socket.write(Buffer.alloc(50_000));
    await until('accepted', () => accepted.length === 1);
    client(port);
    await until('time has passed', () => accepted.length === 2);
    expect(received).toBe(0);
    accepted[0]?.pauseReads(false);
    await until('read', () => received === 50_000);
    accepted[0]?.discardInput(true);
    socket.write(Buffer.alloc(3_000_000));
    await until('dropped', () => accepted[0]?.bytesReceived === 3_050_000);
    expect(received).toBe(50_000);
  });

  it('lets a handler close any connection while a batch is handled', async () => {
    const engine = testEngine();
    const open = new Set<Connection>();
    let afterClose = 0;
    let closes = 0;
    const port = serve(engine, (connection) => {
      open.add(connection);
      return {
        onData: () => {
          if (connection.closed) afterClose += 1;
          for (const other of open) other.close();
          open.clear();
        },
        onClose: () => (closes += 1),
      };
    });
    for (let round = 0; round < 20; round += 1) {
      const clients = Array.from({ length: 20 }, () => client(port));
      await until('accepted', () => open.size === 20);
      for (const { socket } of clients) socket.write('x');
      await until('closed', () => closes === (round + 1) * 20);
    }
    expect(afterClose).toBe(0);
    expect(engine.stats().connections).toBe(0);
  });
});

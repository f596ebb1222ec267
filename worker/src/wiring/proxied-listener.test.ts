import type net from 'node:net';
import { connect } from 'node:net';
import { once } from 'node:events';
import tls from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TestContext } from '../access/testing/context.ts';
import type { Connection, ListenOptions } from '../engine/engine.ts';
import { testEngine, until } from '../engine/testing/fixture.ts';
import { TestAuthority } from '../engine/testing/pki.ts';
import { pairOf } from '../engine/testing/tls.ts';
import { proxied } from './proxied-listener.ts';

const V1 = Buffer.from('PROXY TCP4 198.51.100.9 127.0.0.1 4711 443\r\n');
const V2 = Buffer.from('0d0a0d0a000d0a515549540a2111000cc63364097f000001126701bb', 'hex');
const LOCAL = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');
const CLIENT = '198.51.100.9:4711';

/** Echoes whatever comes to a listener behind which a proxy may stand. */
function echo(isTrusted: boolean, encrypt = false) {
  const context = new TestContext();
  const engine = testEngine();
  const clients: string[] = [];
  const trust = { has: (address: string) => isTrusted && address === '127.0.0.1' };
  const listening = proxied(engine, { trust, ...context.parts });
  let options: Pick<ListenOptions, 'tls'> = {};
  if (encrypt) {
    const authority = new TestAuthority('test');
    onTestFinished(() => authority.close());
    options = { tls: engine.createTls({ certificates: [pairOf(authority.issue('localhost'))] }) };
  }
  const { port } = listening.listen({
    ...{ host: '127.0.0.1', port: 0, reusePort: false, ...options },
    onAccept: (connection: Connection) => {
      clients.push(`${connection.remoteAddress}:${connection.remotePort}`);
      const onData = (slab: Buffer, start: number, end: number): void => {
        connection.write(slab.subarray(start, end));
      };
      connection.handler = { onData, onClose: () => undefined };
    },
  });
  return { port, clients, ...context.parts, counted: context.counted, lines: context.lines };
}

function dial(port: number): net.Socket & { text: string; isClosed: boolean } {
  const socket = connect(port, '127.0.0.1');
  const dialed = Object.assign(socket, { text: '', isClosed: false });
  socket.on('data', (chunk: Buffer) => (dialed.text += chunk.toString()));
  socket.on('close', () => (dialed.isClosed = true));
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return dialed;
}

describe('a connection that a trusted peer passes on', () => {
  it.each([
    ['version 1', V1, CLIENT],
    ['version 2', V2, CLIENT],
    ['a check of the proxy itself', LOCAL, undefined],
    ['no header', Buffer.alloc(0), undefined],
  ])('is of the client, by %s', async (_what, header, client) => {
    const { port, clients } = echo(true);
    const socket = dial(port);
    socket.write(Buffer.concat([header, Buffer.from('hello')]));
    await until('the echo', () => socket.text === 'hello');
    expect(clients).toEqual([client ?? `127.0.0.1:${socket.localPort ?? 0}`]);
    socket.write(' again');
    await until('the echo', () => socket.text === 'hello again');
  });

  it.each([V1, V2])('is so byte for byte', async (header) => {
    const { port, clients } = echo(true);
    const socket = dial(port);
    socket.setNoDelay(true);
    await once(socket, 'connect');
    for (const byte of Buffer.concat([header, Buffer.from('hi')])) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await until('the echo', () => socket.text === 'hi');
    expect(clients).toEqual([CLIENT]);
  });

  it.each([
    ['malformed', Buffer.from('PROXY TCP4 1.2.3.4\r\n')],
    ['of no address', Buffer.from('PROXY TCP4 198.51.100.999 127.0.0.1 4711 443\r\n')],
    ['too long', Buffer.from(`PROXY ${'x'.repeat(200)}`)],
  ])('is refused where the header is %s', async (_what, header) => {
    const { port, clients, counted } = echo(true);
    const socket = dial(port);
    socket.write(header);
    await until('the end', () => socket.isClosed);
    expect([clients, counted]).toEqual([[], ['PROXY_HEADER_INVALID']]);
  });

  it('is refused where the header does not come', async () => {
    const { port, clock, counted } = echo(true);
    const socket = dial(port);
    await once(socket, 'connect');
    socket.write(V1.subarray(0, 9));
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(10_000);
    await until('the end', () => socket.isClosed);
    expect(counted).toEqual(['PROXY_HEADER_INVALID']);
  });

  it('is left alone where it comes from a stranger', async () => {
    const { port, clients } = echo(false);
    const socket = dial(port);
    socket.write(V1);
    await until('the echo', () => socket.text === V1.toString());
    expect(clients).toEqual([`127.0.0.1:${socket.localPort ?? 0}`]);
  });
});

describe('a header in front of TLS', () => {
  async function secure(port: number, header: Buffer, pauseMs = 0) {
    const socket = dial(port);
    socket.setNoDelay(true);
    await once(socket, 'connect');
    const half = header.length >> 1;
    for (const piece of pauseMs > 0
      ? [header.subarray(0, half), header.subarray(half)]
      : [header]) {
      if (piece.length > 0) socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    socket.removeAllListeners('data');
    const inner = tls.connect({ socket, rejectUnauthorized: false });
    const dialed = { socket, text: '' };
    inner.on('data', (chunk: Buffer) => (dialed.text += chunk.toString()));
    inner.on('error', () => undefined);
    inner.write('hello');
    return dialed;
  }

  it.each([
    ['version 1', V1, 0, CLIENT],
    ['version 2', V2, 0, CLIENT],
    ['version 2 in two pieces', V2, 30, CLIENT],
    ['a check of the proxy itself', LOCAL, 0, undefined],
    ['none', Buffer.alloc(0), 0, undefined],
  ])('is read: %s', async (_what, header, pauseMs, client) => {
    const { port, clients } = echo(true, true);
    const dialed = await secure(port, header, pauseMs);
    await until('the echo', () => dialed.text === 'hello');
    expect(clients).toEqual([client ?? `127.0.0.1:${dialed.socket.localPort ?? 0}`]);
  });

  it('is refused of a stranger, and where it is malformed', async () => {
    for (const [isTrusted, header] of [
      [false, V1],
      [false, V2],
      [true, Buffer.from('PROXY TCP4 1.2.3.4\r\n')],
    ] as const) {
      const { port, clients, counted } = echo(isTrusted, true);
      const { socket } = await secure(port, header);
      await until('the end', () => socket.isClosed);
      expect([clients, counted]).toEqual([[], ['PROXY_HEADER_INVALID']]);
    }
  });

  it('is refused where it is too long', async () => {
    const { port, clients } = echo(true, true);
    const socket = dial(port);
    const tooLong = Buffer.from('0d0a0d0a000d0a515549540a2111ffff', 'hex');
    socket.write(Buffer.concat([tooLong, Buffer.alloc(100)]));
    await until('the end', () => socket.isClosed);
    expect(clients).toEqual([]);
  });
});

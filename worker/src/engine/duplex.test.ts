import http from 'node:http';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConnectionDuplex } from './duplex.ts';
import { connectionDuplex } from './duplex.ts';
import type { Connection } from './engine.ts';
import { client, pattern, testEngine, until } from './testing/fixture.ts';

/** A http.Server that never listens, on connections of the engine. */
function serveHttp(listener: http.RequestListener, leftover = '') {
  const engine = testEngine({ sendBufferBytes: 65536 });
  const server = http.createServer(listener);
  const connections: Connection[] = [];
  const { port } = engine.listen({
    host: '127.0.0.1',
    port: 0,
    reusePort: false,
    onAccept: (connection) => {
      connections.push(connection);
      server.emit('connection', connectionDuplex(connection, Buffer.from(leftover)));
    },
  });
  onTestFinished(() => {
    server.closeAllConnections();
  });
  return { engine, server, port, connections, url: `http://127.0.0.1:${port}` };
}

function body(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => request.on('end', () => resolve(Buffer.concat(chunks))));
}

describe('connection duplex', () => {
  it('carries large bodies both ways with back-pressure', async () => {
    const big = pattern(12_000_000, 3);
    const { url, connections } = serveHttp((request, response) => {
      void body(request).then((received) => response.end(received));
    });
    const answer = await fetch(url, { method: 'POST', body: big });
    expect(Buffer.from(await answer.arrayBuffer()).equals(big)).toBe(true);
    expect(connections.length).toBe(1);
  });

  it('keeps the connection alive, and reads what was left over first', async () => {
    const { port, connections } = serveHttp((request, response) => {
      response.end(`${request.url} ${request.socket.remoteAddress}`);
    }, 'GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /sec');
    const { socket, bytes } = client(port);
    socket.write('ond HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await once(socket, 'close');
    const text = bytes().toString();
    expect(text).toContain('/first 127.0.0.1');
    expect(text).toContain('/second 127.0.0.1');
    await until('closed', () => connections[0]?.closed === true);
  });

  it('tells the server that the client is gone', async () => {
    let aborted = 0;
    const { port, engine } = serveHttp((_request, response) => {
      response.on('close', () => (aborted += 1));
      response.write('begun');
    });
    const { socket, length } = client(port);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('begun', () => length() > 0);
    socket.destroy();
    await until('told', () => aborted === 1);
    expect(engine.stats().connections).toBe(0);
  });

  it('times out, and an upgrade gets the raw bytes', async () => {
    const { server, port } = serveHttp(() => undefined);
    server.on('upgrade', (_request, socket, head) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n\r\n${head.toString()}`);
      socket.on('data', (chunk: Buffer) => socket.write(chunk));
      const timer = socket as unknown as Pick<ConnectionDuplex, 'setTimeout'>;
      timer.setTimeout(100, () => socket.end('timeout'));
    });
    const { socket, bytes } = client(port);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhead');
    await until('upgraded', () => bytes().toString().endsWith('head'));
    socket.write(' echo');
    await once(socket, 'close');
    expect(bytes().toString()).toMatch(/head echotimeout$/);
  });

  it('gives the connection back when released', async () => {
    const engine = testEngine();
    let duplex: ConnectionDuplex | undefined;
    let accepted: Connection | undefined;
    const { port } = engine.listen({
      host: '127.0.0.1',
      port: 0,
      reusePort: false,
      onAccept: (connection) => {
        accepted = connection;
        duplex = connectionDuplex(connection, Buffer.alloc(0));
      },
    });
    const { socket, bytes } = client(port);
    await until('accepted', () => duplex !== undefined);
    duplex?.write('from the duplex ');
    await until('written', () => bytes().length === 16);
    duplex?.release();
    expect(duplex?.destroyed).toBe(true);
    accepted?.write(Buffer.from('from the owner'));
    await until('both', () => bytes().toString() === 'from the duplex from the owner');
    expect(socket.destroyed).toBe(false);
  });
});

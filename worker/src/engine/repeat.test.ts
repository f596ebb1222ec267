import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Engine, StandingAnswer } from './engine.ts';
import { client, pattern, serve, testEngine, until, type Client } from './testing/fixture.ts';
import { TestAuthority, type KeyPair } from './testing/pki.ts';
import { contextOf, tlsClient } from './testing/tls.ts';

const REQUEST = 'GET /a HTTP/1.1\r\n\r\n';

interface Asked {
  readonly engine: Engine;
  readonly port: number;
  readonly answer: StandingAnswer;
  /** What the handler was told of, and answered with `told;`. */
  readonly told: string[];
  readonly connections: Connection[];
}

/** Every whole request that comes alone is expected again from then on. */
function ask(engine: Engine, tls?: KeyPair): Asked {
  const answer = engine.createAnswer();
  const told: string[] = [];
  const connections: Connection[] = [];
  const handle = (connection: Connection) => {
    connections.push(connection);
    return {
      onData: (slab: Buffer, start: number, end: number): void => {
        const text = slab.toString('latin1', start, end);
        told.push(text);
        connection.write(Buffer.from('told;'));
        if (text === REQUEST) connection.expect(answer, start, end);
      },
    };
  };
  const port = serve(engine, handle, tls === undefined ? {} : { tls: contextOf(engine, tls) });
  return { engine, port, answer, told, connections };
}

const textOf = ({ bytes }: Client): string => bytes().toString('latin1');

/** Sends, and waits until so much more is there. */
async function exchange(one: Client, sent: string, wanted: string): Promise<void> {
  const before = textOf(one);
  one.socket.write(sent, 'latin1');
  await until(`${wanted} came`, () => one.length() >= before.length + wanted.length);
  expect(textOf(one)).toBe(before + wanted);
}

describe('a request that comes again', () => {
  it('is answered without a word to the handler, with what is set now', async () => {
    const { engine, port, answer, told } = ask(testEngine());
    const one = client(port);
    await exchange(one, REQUEST, 'told;');
    answer.set(Buffer.from('first;'));
    await exchange(one, REQUEST, 'first;');
    await exchange(one, REQUEST, 'first;');
    answer.set(Buffer.from('the second;'));
    await exchange(one, REQUEST, 'the second;');
    expect(told).toEqual([REQUEST]);
    expect(engine.stats().repeatsTotal).toBe(3);
    expect(engine.stats().bytesReceivedTotal).toBe(4 * REQUEST.length);
  });

  it('is told while the answer is taken back, and answered again afterwards', async () => {
    const { port, answer, told } = ask(testEngine());
    const one = client(port);
    answer.set(Buffer.from('set;'));
    expect(answer.isSet).toBe(true);
    await exchange(one, REQUEST, 'told;');
    await exchange(one, REQUEST, 'set;');
    answer.set(undefined);
    expect(answer.isSet).toBe(false);
    await exchange(one, REQUEST, 'told;');
    await exchange(one, REQUEST, 'told;');
    answer.set(Buffer.from('again;'));
    await exchange(one, REQUEST, 'again;');
    expect(told).toHaveLength(3);
  });

  it('is one answer for many connections, each with its own turn', async () => {
    const { port, answer, told } = ask(testEngine());
    const clients = Array.from({ length: 50 }, () => client(port));
    answer.set(Buffer.from('shared;'));
    for (const one of clients) await exchange(one, REQUEST, 'told;');
    await Promise.all(clients.map((one) => exchange(one, REQUEST, 'shared;')));
    for (const { socket } of clients.slice(1)) socket.destroy();
    await exchange(clients[0]!, REQUEST, 'shared;');
    expect(told).toHaveLength(50);
  });

  it('is expected no more once anything else was told', async () => {
    const { port, answer, told } = ask(testEngine());
    const one = client(port);
    answer.set(Buffer.from('set;'));
    // The last one ends as the request does, behind a piece that was told before.
    const others = ['GET /b HTTP/1.1\r\n\r\n', `${REQUEST}x`, 'GET', REQUEST + REQUEST];
    for (const other of others) {
      await exchange(one, REQUEST, 'told;');
      await exchange(one, REQUEST, 'set;');
      await exchange(one, other, 'told;');
      await exchange(one, REQUEST, 'told;');
      await exchange(one, REQUEST, 'set;');
      await exchange(one, '.', 'told;');
    }
    expect(told).toEqual(others.flatMap((other) => [REQUEST, other, REQUEST, '.']));
  });

  it('is expected no more after forget()', async () => {
    const { port, answer, told, connections } = ask(testEngine());
    const one = client(port);
    answer.set(Buffer.from('set;'));
    await exchange(one, REQUEST, 'told;');
    await exchange(one, REQUEST, 'set;');
    connections[0]?.forget();
    await exchange(one, REQUEST, 'told;');
    expect(told).toEqual([REQUEST, REQUEST]);
  });

  it('waits its turn behind what is queued', async () => {
    const engine = testEngine({ sendBufferBytes: 16_384 });
    const { port, answer, told, connections } = ask(engine);
    const one = client(port);
    answer.set(Buffer.from('set;'));
    await exchange(one, REQUEST, 'told;');
    one.socket.pause();
    const large = pattern(900_000, 1);
    connections[0]?.write(large);
    await until('the socket is full', () => (connections[0]?.bytesSent ?? 0) > 16_384);
    one.socket.write(REQUEST);
    await until('told', () => told.length === 2);
    one.socket.resume();
    await until('all came', () => one.length() === large.length + 10);
    expect(textOf(one).startsWith('told;')).toBe(true);
    expect(one.bytes().subarray(5, -5).equals(large)).toBe(true);
    expect(textOf(one).endsWith('told;')).toBe(true);
  });

  it('gets an answer whole that the socket does not take at once', async () => {
    const engine = testEngine({ sendBufferBytes: 16_384 });
    const { port, answer, told } = ask(engine);
    const one = client(port);
    const large = pattern(3_000_000, 2);
    answer.set(large);
    await exchange(one, REQUEST, 'told;');
    one.socket.pause();
    one.socket.write(REQUEST);
    await until('a part is sent', () => engine.stats().bytesSentTotal > 5);
    expect(engine.stats().queuedBytes).toBeGreaterThan(0);
    // What is queued already stays as it is.
    answer.set(Buffer.from('next;'));
    one.socket.resume();
    await until('all came', () => one.length() === large.length + 5);
    expect(one.bytes().subarray(5).equals(large)).toBe(true);
    await exchange(one, REQUEST, 'next;');
    expect(told).toHaveLength(1);
    expect(engine.stats().queuedBytes).toBe(0);
  });

  it('is answered before the end of a client that closes its half', async () => {
    const { port, answer, told } = ask(testEngine());
    const one = client(port, '127.0.0.1', true);
    answer.set(Buffer.from('last;'));
    await exchange(one, REQUEST, 'told;');
    one.socket.end(REQUEST);
    await until('answered and closed', () => one.socket.readableEnded);
    expect(textOf(one)).toBe('told;last;');
    expect(told).toEqual([REQUEST]);
  });
});

describe('expect', () => {
  it.each([
    [
      'a part of what is told',
      (c: Connection, a: StandingAnswer, s: number, e: number) => c.expect(a, s, e - 1),
    ],
    [
      'more than is told',
      (c: Connection, a: StandingAnswer, s: number, e: number) => c.expect(a, s, e + 1),
    ],
    [
      'what was told before',
      (c: Connection, a: StandingAnswer, s: number, e: number) =>
        void setImmediate(() => c.expect(a, s, e)),
    ],
  ])('does nothing for %s', async (_what, expectIt) => {
    const engine = testEngine();
    const answer = engine.createAnswer();
    answer.set(Buffer.from('set;'));
    let told = 0;
    const port = serve(engine, (connection) => ({
      onData: (_slab, start, end) => {
        told += 1;
        connection.write(Buffer.from('told;'));
        expectIt(connection, answer, start, end);
      },
    }));
    const one = client(port);
    for (let i = 0; i < 3; i += 1) await exchange(one, REQUEST, 'told;');
    expect(told).toBe(3);
  });

  it('does nothing in the turn of another connection', async () => {
    const engine = testEngine();
    const answer = engine.createAnswer();
    answer.set(Buffer.from('set;'));
    const seen: Connection[] = [];
    const port = serve(engine, (connection) => ({
      onData: (_slab, start, end) => {
        connection.write(Buffer.from('told;'));
        for (const other of seen) if (other !== connection) other.expect(answer, start, end);
        seen.push(connection);
      },
    }));
    const [one, two] = [client(port), client(port)];
    await exchange(one, REQUEST, 'told;');
    await exchange(two, REQUEST, 'told;');
    await exchange(one, REQUEST, 'told;');
    await exchange(two, REQUEST, 'told;');
    expect(engine.stats().repeatsTotal).toBe(0);
  });

  it('keeps no request of extraordinary length', async () => {
    const engine = testEngine();
    const answer = engine.createAnswer();
    answer.set(Buffer.from('set;'));
    const port = serve(engine, (connection) => ({
      onData: (_slab, start, end) => {
        connection.write(Buffer.from('told;'));
        connection.expect(answer, start, end);
      },
    }));
    const one = client(port);
    const long = 'x'.repeat(2049);
    await exchange(one, long, 'told;');
    await exchange(one, long, 'told;');
    const longest = 'x'.repeat(2048);
    await exchange(one, longest, 'told;');
    await exchange(one, longest, 'set;');
  });
});

describe('a request that comes again over tls', () => {
  let authority: TestAuthority;
  let pair: KeyPair;

  beforeAll(() => {
    authority = new TestAuthority('users');
    pair = authority.issue('one.test');
  });
  afterAll(() => authority.close());

  it('is answered as without', async () => {
    const { engine, port, answer, told } = ask(testEngine(), pair);
    const one = tlsClient(port);
    answer.set(Buffer.from('secret;'));
    await exchange(one, REQUEST, 'told;');
    for (let i = 0; i < 5; i += 1) await exchange(one, REQUEST, 'secret;');
    await exchange(one, 'else', 'told;');
    await exchange(one, REQUEST, 'told;');
    expect(told).toEqual([REQUEST, 'else', REQUEST]);
    expect(engine.stats().repeatsTotal).toBe(5);
  });

  it('gets a large answer whole', async () => {
    const { engine, port, answer } = ask(testEngine({ sendBufferBytes: 16_384 }), pair);
    const one = tlsClient(port);
    const large = pattern(900_000, 3);
    answer.set(large);
    await exchange(one, REQUEST, 'told;');
    for (let i = 1; i <= 3; i += 1) {
      one.socket.write(REQUEST);
      await until('came', () => one.length() === 5 + i * large.length);
    }
    expect(one.bytes().subarray(-large.length).equals(large)).toBe(true);
    expect(engine.stats().repeatsTotal).toBe(3);
  });
});

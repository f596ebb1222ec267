import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Framing } from './engine.ts';
import { client, serve, testEngine, until, type Client } from './testing/fixture.ts';
import { TestAuthority, type KeyPair } from './testing/pki.ts';
import { append, format, numberedBody, sequenceOf } from './testing/records.ts';
import { contextOf, tlsClient } from './testing/tls.ts';

const FRAME_MS = 40;
const JUMPS = 6;
const LAG_RECORDS = 12;

interface Case {
  readonly name: string;
  readonly framing: Framing;
  readonly chunkBytes: number;
  readonly startMs: number;
  readonly bodyBytes: number;
}

const cases: Case[] = [
  { name: 'flv', framing: 'flv', chunkBytes: 0, startMs: 0, bodyBytes: 30_000 },
  {
    name: 'flv over 2^32',
    framing: 'flv',
    chunkBytes: 0,
    startMs: 2 ** 32 - 8000,
    bodyBytes: 9000,
  },
  { name: 'ws-flv small', framing: 'ws-flv', chunkBytes: 0, startMs: 0, bodyBytes: 60 },
  { name: 'ws-flv middle', framing: 'ws-flv', chunkBytes: 0, startMs: 0xfffe00, bodyBytes: 9000 },
  { name: 'ws-flv large', framing: 'ws-flv', chunkBytes: 0, startMs: 0, bodyBytes: 90_000 },
  { name: 'rtmp', framing: 'rtmp', chunkBytes: 128, startMs: 0, bodyBytes: 9000 },
  { name: 'rtmp extended', framing: 'rtmp', chunkBytes: 128, startMs: 2 ** 31, bodyBytes: 30_000 },
  { name: 'rtmp large', framing: 'rtmp', chunkBytes: 65536, startMs: 2 ** 25, bodyBytes: 150_000 },
  { name: 'relay', framing: 'relay', chunkBytes: 0, startMs: 0, bodyBytes: 30_000 },
];

/** One log with a writer, and a viewer that reads now and then. */
function scene({ framing, chunkBytes, startMs, bodyBytes }: Case, pair?: KeyPair) {
  const engine = testEngine({ sendBufferBytes: 16384 });
  const log = engine.createLog(framing, { chunkBytes: chunkBytes || 128 });
  const records = format(framing, chunkBytes || 128);
  const positions: number[] = [];
  const timeOf = (sequence: number): number => (startMs + sequence * FRAME_MS) >>> 0;
  const write = (): void => {
    const sequence = positions.length;
    const size = sequence % 5 === 0 ? bodyBytes : (bodyBytes >> (sequence % 5)) + 4;
    positions.push(append(log, records.build(timeOf(sequence), numberedBody(sequence, size))));
    const keep = positions[positions.length - LAG_RECORDS];
    if (keep === undefined) return;
    log.setLagPosition(keep);
    log.trim(keep);
  };
  let viewer: Connection | undefined;
  let skippedMs = 0;
  let lates = 0;
  const boundaries = new Set<number>();
  const port = serve(
    engine,
    (connection) => {
      viewer = connection;
      connection.attachCursor(log, { position: 0 });
      return {
        onCursorLate: () => {
          lates += 1;
          boundaries.add(connection.cursorPosition);
          const next = positions.length - 1;
          if (framing !== 'relay') {
            const gap = (timeOf(next) - connection.cursorTimestampMs) | 0;
            skippedMs += gap - FRAME_MS;
          }
          const position = positions[next] ?? 0;
          connection.moveCursor(position, skippedMs);
        },
      };
    },
    pair === undefined ? {} : { tls: contextOf(engine, pair) },
  );
  const connect = (): Client => (pair === undefined ? client(port) : tlsClient(port));
  return {
    engine,
    log,
    records,
    positions,
    write,
    connect,
    boundaries,
    lates: () => lates,
    viewer: () => viewer,
  };
}

describe.each(['tcp', 'tls'])('late cursor over %s', (transport) => {
  let authority: TestAuthority | undefined;
  let pair: KeyPair | undefined;
  beforeAll(() => {
    if (transport === 'tcp') return;
    authority = new TestAuthority('late');
    pair = authority.issue('late.test');
  });
  afterAll(() => authority?.close());

  it.each(cases)('$name: jumps at a record boundary, time goes on evenly', async (one) => {
    const played = scene(one, pair);
    const { engine, log, records, positions, write, boundaries, lates, viewer } = played;
    const { socket, bytes, length } = played.connect();
    socket.pause();
    await until('accepted', () => viewer() !== undefined);
    write();
    await until('first record sent', () => viewer()?.cursorPosition === log.head);
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 25 + 100_000 / one.bodyBytes; i += 1) write();
      await new Promise((resolve) => setTimeout(resolve, 2));
    };
    for (let jump = 1; jump <= JUMPS; jump += 1) {
      /* Reads a little, so that it is blocked at ever other places. */
      while (lates() < jump) {
        await fill();
        socket.resume();
        await new Promise((resolve) => setImmediate(resolve));
        socket.pause();
      }
    }
    socket.resume();
    await until('caught up', () => viewer()?.cursorPosition === log.head);
    await until('received', () => length() === viewer()?.bytesSent);
    const received = bytes();
    let last = -1;
    let gaps = 0;
    let time: number | undefined;
    let at = 0;
    while (at < received.length) {
      const record = records.parse(received, at);
      if (record === undefined) break;
      const sequence = sequenceOf(record.body);
      if (sequence !== last + 1) gaps += 1;
      expect(sequence).toBeGreaterThan(last);
      if (one.framing !== 'relay') {
        expect(record.timestampMs).toBe(time ?? one.startMs);
        time = (record.timestampMs + FRAME_MS) >>> 0;
      }
      last = sequence;
      at = record.end;
    }
    /* A small record may still be too short for the parser's look ahead. */
    expect(received.length - at).toBe(0);
    expect(last).toBe(positions.length - 1);
    expect(gaps).toBeGreaterThan(0);
    expect(gaps).toBeLessThanOrEqual(lates());
    expect(engine.stats().lateCursorsTotal).toBe(lates());
    for (const boundary of boundaries) expect(positions.concat(log.head)).toContain(boundary);
    expect(engine.stats().arenaInUseBytes).toBeLessThan(16 << 20);
  });

  it('sends the prefix first, and detaches in the middle of a patched record', async () => {
    const one = cases[0]!;
    const { log, records, positions, write, connect, lates, viewer } = scene(one, pair);
    const { socket, bytes, length } = connect();
    socket.pause();
    await until('accepted', () => viewer() !== undefined);
    write();
    await until('first record sent', () => viewer()?.cursorPosition === log.head);
    while (lates() === 0) {
      for (let i = 0; i < 10; i += 1) write();
      socket.resume();
      await new Promise((resolve) => setImmediate(resolve));
      socket.pause();
    }
    const handler = viewer()!.handler;
    const prefix = records.build(1, numberedBody(9_000_000, 77));
    handler.onCursorLate = () => {
      viewer()?.moveCursor(positions[positions.length - 1]!, 123_456, prefix);
    };
    const before = lates();
    while (viewer()!.bytesSent < 1_500_000) {
      for (let i = 0; i < 10; i += 1) write();
      socket.resume();
      await new Promise((resolve) => setImmediate(resolve));
      socket.pause();
    }
    expect(lates()).toBe(before);
    viewer()?.detachCursor();
    viewer()?.end();
    socket.resume();
    await until('ended', () => viewer()?.closed === true && length() === viewer()?.bytesSent);
    const received = bytes();
    let prefixes = 0;
    let previous = -1;
    for (let at = 0; at < received.length;) {
      const record = records.parse(received, at);
      expect(record).toBeDefined();
      const sequence = sequenceOf(record!.body);
      if (sequence === 9_000_000) {
        prefixes += 1;
      } else {
        expect(sequence).toBeGreaterThan(previous);
        previous = sequence;
        const skipped = (sequence * FRAME_MS - record!.timestampMs) >>> 0;
        if (prefixes > 0) expect(skipped).toBe(123_456);
      }
      at = record!.end;
    }
    expect(prefixes).toBeGreaterThan(0);
    log.close();
  });
});

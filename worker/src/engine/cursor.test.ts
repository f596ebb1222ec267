import { describe, expect, it } from 'vitest';
import type { Connection, EngineLog } from './engine.ts';
import { LagWindow } from './lag-window.ts';
import { client, pattern, serve, testEngine, until } from './testing/fixture.ts';
import type { Client } from './testing/fixture.ts';
import { append, format, numberedBody, sequenceOf } from './testing/records.ts';

const flv = format('flv');

function appendRecord(log: EngineLog, sequence: number, length = 3000): number {
  return append(log, flv.build(sequence * 40, numberedBody(sequence, length)));
}

/** Sequences of all whole records; throws when anything else is between them. */
function sequences(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const record = flv.parse(bytes, at);
    if (record === undefined) break;
    found.push(sequenceOf(record.body));
    at = record.end;
  }
  return found;
}

describe('cursor', () => {
  it('sends thousands of records to many viewers, content-exact', async () => {
    const engine = testEngine();
    const lags = new LagWindow(engine.lags.tick);
    const log = engine.createLog('flv');
    const starts = [appendRecord(log, 0)];
    const viewers: Connection[] = [];
    const port = serve(engine, (connection) => {
      const position = starts[viewers.push(connection) % starts.length] ?? 0;
      connection.write(Buffer.from(`${position}\n`));
      connection.attachCursor(log, { position, urgent: viewers.length % 3 === 0 });
      return {};
    });
    const written: Buffer[] = [flv.build(0, numberedBody(0, 3000))];
    const clients: Client[] = [];
    for (let i = 1; i < 3000; i += 1) {
      const record = flv.build(i * 40, numberedBody(i, i % 50 === 0 ? 70_000 : (i * 37) % 4000));
      starts.push(append(log, record));
      written.push(record);
      if (i % 40 === 0 && clients.length < 60) clients.push(client(port));
      if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const all = Buffer.concat(written);
    expect(log.head).toBe(all.length);
    await until('all caught up', () =>
      viewers.every((viewer) => viewer.cursorPosition === log.head),
    );
    expect(log.cursors).toBe(60);
    for (const { bytes, length } of clients) {
      await until('first line', () => length() > 100);
      const line = bytes().indexOf(10);
      const position = Number(bytes().toString('latin1', 0, line));
      await until('all received', () => length() === line + 1 + all.length - position);
      expect(
        bytes()
          .subarray(line + 1)
          .equals(all.subarray(position)),
      ).toBe(true);
    }
    expect(engine.stats().cursors).toBe(60);
    const late = engine.lags.tick.reduce((ticks, count) => ticks + count, 0);
    expect(late).toBeGreaterThan(0);
    expect(lags.look().maxMs).toBeLessThan(5000);
    expect(late).toBeLessThanOrEqual(engine.stats().ticksTotal * 64);
  });

  it('frees and reuses extents while their bytes are in flight', async () => {
    const engine = testEngine({ arenaBytes: 8 << 20, arenaCapBytes: 8 << 20 });
    const log = engine.createLog('flv');
    const viewers: Connection[] = [];
    const port = serve(engine, (connection) => {
      viewers.push(connection);
      connection.attachCursor(log, { position: log.head });
      return {};
    });
    const slow = client(port);
    slow.socket.pause();
    await until('accepted', () => viewers.length === 1);
    /* In flight in the sockets' buffers, as much as they take. */
    for (let i = 0; i < 100; i += 1) appendRecord(log, i, 10_000);
    await until('sent', () => (viewers[0]?.bytesSent ?? 0) > 100_000);
    const inFlight = viewers[0]?.bytesSent ?? 0;
    viewers[0]?.detachCursor();
    log.close();
    expect(engine.stats().arenaInUseBytes).toBe(0);
    /* Now the whole arena is written over. */
    const churn = engine.createLog('raw');
    for (let i = 0; churn.reserve(16_384); i += 1) {
      pattern(16_384, i).copy(churn.buffer, churn.offset);
      churn.commit(16_384);
    }
    expect(churn.head).toBe(8 << 20);
    slow.socket.resume();
    await until('received', () => slow.length() >= inFlight);
    const found = sequences(slow.bytes());
    expect(found.length).toBeGreaterThan(9);
    expect(found).toEqual(found.map((_, i) => i));
  });

  it('does not blame a small write for the rest of a large record', async () => {
    const engine = testEngine({ sendBufferBytes: 16384, maxQueuedBytes: 512 });
    const log = engine.createLog('flv');
    let viewer: Connection | undefined;
    const port = serve(engine, (connection) => {
      viewer = connection;
      connection.attachCursor(log, { position: 0 });
      return {};
    });
    const slow = client(port);
    slow.socket.pause();
    for (let i = 0; i < 200; i += 1) appendRecord(log, i, 60_000);
    const isInside = (): boolean => (viewer?.cursorPosition ?? 0) % 60_015 !== 0;
    await until('blocked inside a record', isInside);
    const word = flv.build(0, numberedBody(1000, 50));
    viewer?.write(word);
    viewer?.write(word);
    expect(viewer?.queuedBytes).toBeGreaterThan(0);
    slow.socket.resume();
    await until('all received', () => slow.length() === log.head + 2 * word.length);
    const found = sequences(slow.bytes());
    expect(found.filter((sequence) => sequence < 1000)).toEqual(
      Array.from({ length: 200 }, (_, i) => i),
    );
    expect(found.filter((sequence) => sequence === 1000)).toHaveLength(2);
    expect(engine.stats().overflowsTotal).toBe(0);
  });

  it('keeps a span valid when the log is trimmed and closed', async () => {
    const engine = testEngine({ sendBufferBytes: 16384 });
    const log = engine.createLog('raw');
    const parts = Array.from({ length: 40 }, (_, i) => pattern(100_000 + i, i));
    for (const part of parts) append(log, part);
    const all = Buffer.concat(parts);
    let drained = 0;
    const port = serve(engine, (connection) => ({
      onData: () => {
        connection.write(Buffer.from('head'));
        connection.writeSpan(log, 12_345, all.length - 20_000);
        connection.write(Buffer.from('tail'));
        connection.askDrain();
        log.trim(log.head);
        log.close();
        expect(log.head).toBe(all.length);
      },
      onDrain: () => (drained += 1),
    }));
    const { socket, bytes, length } = client(port);
    socket.pause();
    socket.write('go');
    await until('first bytes', () => engine.stats().bytesSentTotal > 0);
    const churn = engine.createLog('raw');
    for (let i = 0; i < 200; i += 1) {
      append(churn, pattern(90_000, i));
      churn.trim(churn.head);
    }
    socket.resume();
    await until('all', () => length() === all.length - 20_000 + 8);
    const body = all.subarray(12_345, 12_345 + all.length - 20_000);
    expect(bytes().equals(Buffer.concat([Buffer.from('head'), body, Buffer.from('tail')]))).toBe(
      true,
    );
    await until('drained', () => drained === 1);
    expect(engine.stats().arenaInUseBytes).toBeLessThan(3 << 20);
  });

  it('refuses spans and cursors outside the log', async () => {
    const engine = testEngine();
    const log = engine.createLog('flv');
    appendRecord(log, 0);
    const closedLog = engine.createLog('flv');
    closedLog.close();
    const errors: unknown[] = [];
    const attempt = (act: () => void): void => {
      try {
        act();
      } catch (error) {
        errors.push(error);
      }
    };
    const port = serve(engine, (connection) => {
      attempt(() => connection.writeSpan(log, 0, log.head + 1));
      attempt(() => connection.attachCursor(log, { position: log.head + 1 }));
      attempt(() => connection.attachCursor(closedLog, { position: 0 }));
      return {};
    });
    client(port);
    await until('tried', () => errors.length === 3);
    expect(errors.map((error) => (error as Error).name)).toEqual([
      'RangeError',
      'RangeError',
      'TypeError',
    ]);
  });

  it('tells of its limit at the record boundary, and goes on from it', async () => {
    const engine = testEngine();
    const log = engine.createLog('flv');
    let limits = 0;
    let viewer: Connection | undefined;
    const port = serve(engine, (connection) => {
      viewer = connection;
      connection.attachCursor(log, { position: 0 });
      connection.limitCursor(Infinity);
      return {
        onCursorLimit: () => {
          limits += 1;
          connection.write(Buffer.from(flv.build(7, numberedBody(1000 + limits, 10))));
          expect(connection.cursorPosition).toBe(boundary);
        },
      };
    });
    let boundary = 0;
    const { bytes, length } = client(port);
    await until('accepted', () => viewer !== undefined);
    for (let i = 0; i < 10; i += 1) appendRecord(log, i);
    boundary = appendRecord(log, 10);
    viewer?.limitCursor(boundary);
    for (let i = 11; i < 20; i += 1) appendRecord(log, i);
    await until('limit', () => limits === 1);
    boundary = log.head;
    viewer?.limitCursor(boundary);
    await until('second limit', () => limits === 2);
    viewer?.limitCursor(Infinity);
    appendRecord(log, 20);
    await until('all', () => length() > log.head && sequences(bytes()).at(-1) === 20);
    const range = (from: number, to: number): number[] =>
      Array.from({ length: to - from }, (_, i) => from + i);
    expect(sequences(bytes())).toEqual([...range(0, 10), 1001, ...range(10, 20), 1002, 20]);
  });

  it('puts written bytes between two records, also to a slow viewer', async () => {
    const engine = testEngine({ sendBufferBytes: 16384 });
    const log = engine.createLog('flv');
    let viewer: Connection | undefined;
    const port = serve(engine, (connection) => {
      viewer = connection;
      connection.attachCursor(log, { position: 0 });
      return {};
    });
    const { socket, bytes, length } = client(port);
    socket.pause();
    await until('accepted', () => viewer !== undefined);
    let written = 0;
    let between = 0;
    let expected = 0;
    for (let i = 0; i < 400; i += 1) {
      appendRecord(log, written++, 8000);
      if (i % 7 === 0) {
        const extra = flv.build(0, numberedBody(100_000 + between++, 50));
        viewer?.write(extra);
        expected += extra.length;
      }
      if (i % 20 === 0) {
        socket.resume();
        await new Promise((resolve) => setTimeout(resolve, 5));
        socket.pause();
      }
    }
    socket.resume();
    await until('all', () => length() === log.head + expected);
    const found = sequences(bytes());
    expect(found.filter((n) => n < 100_000)).toEqual(Array.from({ length: written }, (_, i) => i));
    expect(found.filter((n) => n >= 100_000).map((n) => n - 100_000)).toEqual(
      Array.from({ length: between }, (_, i) => i),
    );
  });

  it('finishes the record when it is detached, or its log is closed', async () => {
    const engine = testEngine({ sendBufferBytes: 16384 });
    for (const how of ['detach', 'close', 'end'] as const) {
      const log = engine.createLog('flv');
      let viewer: Connection | undefined;
      const port = serve(engine, (connection) => {
        viewer = connection;
        connection.attachCursor(log, { position: 0 });
        return {};
      });
      const { socket, bytes } = client(port);
      socket.pause();
      await until('accepted', () => viewer !== undefined);
      for (let i = 0; i < 20; i += 1) appendRecord(log, i, 300_000);
      await until('blocked', () => (viewer?.bytesSent ?? 0) > 0);
      if (how === 'detach') viewer?.detachCursor();
      if (how === 'close') log.close();
      if (how !== 'end') expect(viewer?.cursorPosition).toBe(-1);
      viewer?.end();
      socket.resume();
      await until('ended', () => viewer?.closed === true);
      await until('received', () => bytes().length === viewer?.bytesSent);
      const found = sequences(bytes());
      expect(found.length).toBeGreaterThan(0);
      expect(bytes().length).toBe(found.length * 300_015);
      log.close();
      expect(engine.stats().cursors).toBe(0);
    }
    await until('no memory held', () => engine.stats().arenaInUseBytes === 0);
  });

  it('spreads phases over the tick, and lets the wheel sleep without cursors', async () => {
    const engine = testEngine();
    engine.setTicks(100, 0);
    const log = engine.createLog('flv');
    const viewers: Connection[] = [];
    const port = serve(engine, (connection) => {
      viewers.push(connection);
      connection.attachCursor(log, { position: log.head });
      return {};
    });
    const clients = Array.from({ length: 50 }, () => client(port));
    await until('accepted', () => viewers.length === 50);
    const calls = engine.stats().sendCallsTotal;
    for (let i = 0; i < 100; i += 1) {
      appendRecord(log, i, 500);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await until('all', () => clients.every(({ length }) => length() === log.head));
    /* 1 s of records in 100 ms ticks: about 10 sends each instead of 100. */
    expect(engine.stats().sendCallsTotal - calls).toBeLessThan(50 * 25);
    for (const viewer of viewers) viewer.close();
    await until('all told', () => engine.stats().connections === 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = engine.stats().sendMs;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(engine.stats().sendMs).toBe(before);
  });

  it('sends a header and the span behind it in one packet', async () => {
    const engine = testEngine();
    const log = engine.createLog('raw');
    append(log, pattern(1000, 1));
    const port = serve(engine, (connection) => ({
      onData: () => {
        connection.write(Buffer.alloc(60, 'h'));
        connection.write(Buffer.alloc(40, 'h'));
        connection.writeSpan(log, 0, 1000);
      },
    }));
    const { socket } = client(port);
    const sizes: number[] = [];
    socket.on('data', (chunk) => sizes.push(chunk.length));
    socket.write('go');
    await until('answered', () => sizes.length > 0);
    expect(sizes).toEqual([1100]);
  });

  it('holds memory flat while viewers and logs come and go', async () => {
    const engine = testEngine();
    const round = async (): Promise<void> => {
      const log = engine.createLog('flv');
      const viewers: Connection[] = [];
      const port = serve(engine, (connection) => {
        viewers.push(connection);
        connection.attachCursor(log, { position: 0 });
        return {};
      });
      const clients = Array.from({ length: 10 }, () => {
        const one = client(port);
        one.socket.removeAllListeners('data').resume();
        return one;
      });
      for (let i = 0; i < 100; i += 1) appendRecord(log, i, 40_000);
      await until('sent', () => viewers.length === 10);
      await until('all', () => viewers.every(({ bytesSent }) => bytesSent === log.head));
      log.close();
      for (const { socket } of clients) socket.destroy();
      await until('closed', () => engine.stats().connections === 0);
    };
    await round();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 8; i += 1) await round();
    expect(engine.stats().arenaInUseBytes).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(40 << 20);
  });
});

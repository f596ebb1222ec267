import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import type { Connection, EngineStats } from './engine.ts';
import { loopParts, LoopWindow } from './loop-window.ts';
import { client, pattern, serve, testEngine, until } from './testing/fixture.ts';
import { append } from './testing/records.ts';

function busyFor(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('loop window', () => {
  it('splits the busy time into parts that add up to it', () => {
    const stats = { activeMs: 100, readMs: 10, jsMs: 30, sendMs: 20, houseMs: 1 } as EngineStats;
    const parts = loopParts(stats, 12);
    expect(parts).toEqual({
      readMs: 10,
      parseMs: 18,
      packageMs: 12,
      sendMs: 20,
      housekeepingMs: 1,
      otherMs: 39,
    });
    // A sampled part is never more than what it is a part of.
    expect(loopParts(stats, 50)).toMatchObject({ parseMs: 0, packageMs: 30 });
  });

  it('says which part was busy, on a real engine', async () => {
    const engine = testEngine();
    const port = serve(engine, (connection) => ({
      onData: () => {
        busyFor(60);
        connection.write(Buffer.from('done'));
      },
    }));
    const window = new LoopWindow({ engine, packageMs: () => 0 });
    const { socket, length } = client(port);
    await until('connected', () => engine.stats().connections === 1);
    await sleep(50);
    window.look();
    socket.write('x');
    await until('answered', () => length() === 4);
    // Beside the engine, in a timer of Node's own.
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        busyFor(80);
        resolve();
      }, 1);
    });
    await sleep(20);
    const { parts, ...look } = window.look();
    expect(parts.parseMs).toBeGreaterThanOrEqual(60);
    expect(parts.otherMs).toBeGreaterThanOrEqual(80);
    expect(parts.readMs).toBeLessThan(50);
    expect(parts.sendMs).toBeLessThan(50);
    const sum = Object.values<number>({ ...parts }).reduce((total, ms) => total + ms, 0);
    expect(sum).toBeCloseTo(look.activeMs, 3);
    expect(look.activeMs).toBeLessThanOrEqual(look.wallMs);
    expect(look.turnTime.maxMs).toBeGreaterThanOrEqual(79);
    expect(look.batches).toBeGreaterThan(0);
    expect(look.bytesReceived).toBe(1);
    expect(look.bytesSent).toBe(4);
  });

  it('counts sends as sends, and agrees with Node on how busy the loop was', async () => {
    const engine = testEngine();
    const log = engine.createLog('flv');
    const port = serve(engine, (connection) => {
      connection.attachCursor(log, { position: 0 });
      return {};
    });
    const record = pattern(100_000, 1);
    const clients = Array.from({ length: 10 }, () => client(port));
    await until('all there', () => log.cursors === 10);
    const window = new LoopWindow({ engine, packageMs: () => 0 });
    const before = performance.eventLoopUtilization();
    for (let i = 0; i < 50; i += 1) {
      append(log, record);
      await sleep(5);
    }
    await until('all sent', () => clients.every(({ length }) => length() === log.head));
    const theirs = performance.eventLoopUtilization(before);
    const look = window.look();
    expect(look.bytesSent).toBe(log.head * 10);
    expect(look.parts.sendMs).toBeGreaterThan(0);
    expect(look.ticks).toBeGreaterThan(5);
    expect(look.tickLag.count).toBeGreaterThan(5);
    expect(look.activeMs).toBeGreaterThan(theirs.active * 0.9 - 10);
    expect(look.activeMs).toBeLessThan(theirs.active * 1.1 + 10);
  });

  it('tells what waited for its tick from what was done at once', async () => {
    const engine = testEngine();
    engine.setTicks(20, 10);
    const log = engine.createLog('flv');
    let connection: Connection | undefined;
    const port = serve(engine, (accepted) => {
      connection = accepted;
      return { onData: () => accepted.write(Buffer.from('answer')) };
    });
    const { socket, length } = client(port);
    socket.write('request');
    await until('answered', () => length() === 6);
    const atOnce = engine.stats();
    expect(atOnce).toMatchObject({ tickReadMs: 0, tickSendMs: 0 });
    expect(atOnce.readMs).toBeGreaterThan(0);
    expect(atOnce.sendMs).toBeGreaterThan(0);
    connection?.coalesceReads(true);
    connection?.attachCursor(log, { position: 0 });
    append(log, pattern(1_000, 1));
    socket.write('request');
    await until('sent, and answered', () => length() === 12 + log.head);
    // Who just came is served at once, from then on at the tick.
    append(log, pattern(1_000, 2));
    await until('sent', () => length() === 12 + log.head);
    const { readMs, tickReadMs, sendMs, tickSendMs } = engine.stats();
    expect(tickReadMs).toBeGreaterThan(0);
    expect(tickReadMs).toBeLessThan(readMs);
    expect(tickSendMs).toBeGreaterThan(0);
    expect(tickSendMs).toBeLessThan(sendMs);
  });
});

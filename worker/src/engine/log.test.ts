import { describe, expect, it } from 'vitest';
import { pattern, testEngine } from './testing/fixture.ts';
import { append } from './testing/records.ts';

const MIB = 1 << 20;

describe('log', () => {
  it('keeps records whole, findable and in order over extents of any size', () => {
    const engine = testEngine();
    const log = engine.createLog('raw');
    const sizes = [1, 65_535, 1, 65_536, 65_537, 3_000_000, 10, 300_000, 1_048_576, 5];
    const positions = sizes.map((size, i) => append(log, pattern(size, i)));
    expect(log.head).toBe(sizes.reduce((sum, size) => sum + size, 0));
    positions.forEach((position, i) => {
      const extent = log.locate(position);
      const at = position - (extent?.start ?? 0);
      const size = sizes[i] ?? 0;
      expect(extent?.buffer.subarray(at, at + size).equals(pattern(size, i))).toBe(true);
      expect(extent?.used).toBeGreaterThanOrEqual(at + size);
    });
    expect(log.locate(log.head)?.used).toBeGreaterThan(0);
    expect(log.locate(log.head + 1)).toBeUndefined();
  });

  it('trims by extents, never the newest', () => {
    const engine = testEngine();
    const log = engine.createLog('raw');
    const positions = Array.from({ length: 50 }, (_, i) => append(log, pattern(60_000, i)));
    expect(log.tail).toBe(0);
    log.trim(positions[10] ?? 0);
    expect(log.tail).toBeGreaterThan(0);
    expect(log.tail).toBeLessThanOrEqual(positions[10] ?? 0);
    expect(log.locate(0)).toBeUndefined();
    expect(log.locate(positions[10] ?? 0)).toBeDefined();
    log.trim(Infinity);
    expect(log.tail).toBeLessThan(log.head);
    append(log, pattern(100, 7));
    expect(log.locate(log.head - 100)).toBeDefined();
  });

  it('takes large extents for a fast log, and small ones for one that takes its time', async () => {
    const engine = testEngine();
    const [fast, slow] = [engine.createLog('raw'), engine.createLog('raw')];
    for (let i = 0; i < 2; i += 1) append(slow, pattern(6_000, i));
    for (let i = 0; i < 30; i += 1) append(fast, pattern(60_000, i));
    expect(fast.arenaBytes).toBe((64 + 64 + 256 + 1024 + 1024) * 1024);
    await new Promise((resolve) => setTimeout(resolve, 4_100));
    append(slow, pattern(10_000, 1));
    expect(slow.arenaBytes).toBe(2 * 16 * 1024);
    expect(engine.stats().extents).toBe(7);
    expect(engine.stats().arenaInUseBytes).toBe(fast.arenaBytes + slow.arenaBytes);
  });

  it('refuses when the arena is full, changing nothing, and works again after', () => {
    const engine = testEngine({ arenaCapBytes: 4 * MIB });
    const log = engine.createLog('raw');
    while (log.reserve(50_000)) log.commit(50_000);
    const head = log.head;
    expect(engine.stats().arenaInUseBytes).toBe(4 * MIB);
    expect(log.reserve(50_000)).toBe(false);
    expect(log.head).toBe(head);
    expect(log.reserve(10 * MIB)).toBe(false);
    log.trim(head);
    expect(log.reserve(50_000)).toBe(true);
    expect(log.commit(50_000)).toBe(head);
    expect(() => log.commit(2 * MIB)).toThrow(RangeError);
  });

  it('does nothing once closed', () => {
    const engine = testEngine();
    const log = engine.createLog('flv');
    append(log, pattern(100, 1));
    log.close();
    log.close();
    log.trim(100);
    log.setLagPosition(50);
    expect(log.reserve(10)).toBe(false);
    expect(log.locate(0)).toBeUndefined();
    expect(engine.stats().logs).toBe(0);
    expect(engine.stats().arenaInUseBytes).toBe(0);
  });

  it('holds memory flat over churn of logs', () => {
    const engine = testEngine();
    const round = (): void => {
      const logs = Array.from({ length: 20 }, () => engine.createLog('raw'));
      for (let i = 0; i < 40; i += 1) {
        for (const log of logs) {
          append(log, pattern(20_000, 1));
          if (i % 10 === 9) log.trim(log.head);
        }
      }
      for (const log of logs) log.close();
    };
    round();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 10; i += 1) round();
    expect(engine.stats().arenaInUseBytes).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * MIB);
  });
});

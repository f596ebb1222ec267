import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testEngine } from './testing/fixture.ts';
import { driveTicks } from './tick-driver.ts';
import type { Ticks } from './tick-policy.ts';
import { INITIAL_TICKS, nextTicks } from './tick-policy.ts';

/** Work whose calls get fewer as their tick grows, and a rest that does not care. */
interface Work {
  readonly sendAt20Ms?: number;
  readonly readAt5Ms?: number;
  readonly other?: number;
}

function settle({ sendAt20Ms = 0, readAt5Ms = 0, other = 0 }: Work, seconds: number): Ticks[] {
  const seen: Ticks[] = [];
  let ticks = INITIAL_TICKS;
  for (let i = 0; i < seconds; i += 1) {
    const send = 0.1 * sendAt20Ms + (0.9 * sendAt20Ms * 20) / ticks.sendTickMs;
    const read = 0.2 * readAt5Ms + (0.8 * readAt5Ms * 5) / Math.max(5, ticks.readTickMs);
    const loop = Math.min(1, send + read + other);
    ticks = nextTicks(ticks, { loop, read: Math.min(1, read), send: Math.min(1, send) });
    seen.push(ticks);
  }
  return seen;
}

const last = (work: Work, seconds: number): Ticks | undefined => settle(work, seconds).at(-1);

describe('tick policy', () => {
  it('stays within its bounds, whatever the load does', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const shares = fc.record({ loop: share, read: share, send: share });
    fc.assert(
      fc.property(fc.array(shares), (loads) => {
        let ticks = INITIAL_TICKS;
        for (const load of loads) {
          ticks = nextTicks(ticks, load);
          expect(ticks.sendTickMs).toBeGreaterThanOrEqual(20);
          expect(ticks.readTickMs).toBeGreaterThanOrEqual(0);
          expect(ticks.readTickMs).toBeLessThanOrEqual(40);
          expect(ticks.sendTickMs + ticks.readTickMs).toBeLessThanOrEqual(200);
        }
      }),
    );
  });

  it('is shortest when calls are cheap, and longest when the loop is full', () => {
    expect(last({ sendAt20Ms: 0.1 }, 20)).toEqual({ sendTickMs: 20, readTickMs: 0 });
    expect(last({ other: 0.7 }, 20)).toEqual({ sendTickMs: 20, readTickMs: 0 });
    expect(last({ other: 0.9 }, 20)).toEqual({ sendTickMs: 160, readTickMs: 40 });
  });

  it('makes those wait whose calls cost, and nobody else', () => {
    expect(last({ readAt5Ms: 0.1 }, 20)).toMatchObject({ sendTickMs: 20 });
    expect(last({ readAt5Ms: 0.1 }, 20)?.readTickMs).toBeGreaterThan(10);
    expect(last({ sendAt20Ms: 0.5 }, 20)).toMatchObject({ readTickMs: 0 });
    expect(last({ sendAt20Ms: 0.5 }, 20)?.sendTickMs).toBeGreaterThan(50);
  });

  it('reaches the longest tick within seconds, and settles in between', () => {
    expect(last({ sendAt20Ms: 3 }, 4)?.sendTickMs).toBe(160);
    const sends = settle({ sendAt20Ms: 0.4 }, 60)
      .slice(-10)
      .map(({ sendTickMs }) => sendTickMs);
    expect(Math.max(...sends) - Math.min(...sends)).toBeLessThanOrEqual(5);
    expect(sends[0]).toBeGreaterThan(20);
    expect(sends[0]).toBeLessThan(160);
  });

  it('reads at once again when publishers are gone', () => {
    let ticks: Ticks = { sendTickMs: 160, readTickMs: 40 };
    for (let i = 0; i < 20; i += 1) ticks = nextTicks(ticks, { loop: 0, read: 0, send: 0 });
    expect(ticks).toEqual(INITIAL_TICKS);
  });

  it('drives the engine from the start', () => {
    const seen: number[][] = [];
    const stats = testEngine().stats();
    const driver = driveTicks({ setTicks: (...ticks) => seen.push(ticks), stats: () => stats });
    driver.close();
    expect(seen).toEqual([[20, 0]]);
  });
});

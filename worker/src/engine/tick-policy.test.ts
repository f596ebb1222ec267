import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driveTicks } from './tick-driver.ts';
import type { Ticks } from './tick-policy.ts';
import { INITIAL_TICKS, nextTicks } from './tick-policy.ts';

/** A loop whose cost per tick falls as the tick grows, as measured. */
function settle(workAt20Ms: number, seconds: number): Ticks[] {
  const seen: Ticks[] = [];
  let ticks = INITIAL_TICKS;
  for (let i = 0; i < seconds; i += 1) {
    const load = Math.min(1, 0.1 * workAt20Ms + (0.9 * workAt20Ms * 20) / ticks.sendTickMs);
    ticks = nextTicks(ticks, load);
    seen.push(ticks);
  }
  return seen;
}

describe('tick policy', () => {
  it('stays within its bounds, whatever the load does', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (loads) => {
        let ticks = INITIAL_TICKS;
        for (const load of loads) {
          ticks = nextTicks(ticks, load);
          expect(ticks.sendTickMs).toBeGreaterThanOrEqual(20);
          expect(ticks.readTickMs).toBeGreaterThanOrEqual(0);
          expect(ticks.readTickMs).toBeLessThanOrEqual(50);
          expect(ticks.sendTickMs + ticks.readTickMs).toBeLessThanOrEqual(200);
        }
      }),
    );
  });

  it('is shortest when idle and longest when full', () => {
    expect(settle(0.2, 20).at(-1)).toEqual({ sendTickMs: 20, readTickMs: 0 });
    expect(settle(9, 20).at(-1)).toEqual({ sendTickMs: 160, readTickMs: 40 });
  });

  it('reaches the longest tick within seconds, and settles in between', () => {
    expect(settle(9, 4).at(-1)?.sendTickMs).toBe(160);
    const last = settle(1.6, 60).slice(-10);
    const sends = last.map(({ sendTickMs }) => sendTickMs);
    expect(Math.max(...sends) - Math.min(...sends)).toBeLessThanOrEqual(5);
    expect(sends[0]).toBeGreaterThan(20);
    expect(sends[0]).toBeLessThan(160);
  });

  it('drives the engine from the start', () => {
    const seen: number[][] = [];
    const driver = driveTicks({ setTicks: (...ticks) => seen.push(ticks) });
    driver.close();
    expect(seen).toEqual([[20, 0]]);
  });
});

import { describe, expect, it } from 'vitest';
import { LagWindow } from './lag-window.ts';

describe('lag window', () => {
  it('sees only what came since its own last look', () => {
    const counts = new Float64Array(8);
    counts[7] = 5;
    const one = new LagWindow(counts);
    const other = new LagWindow(counts);
    counts[2] = 3;
    expect(one.look()).toEqual({ count: 3, p50Ms: 2, p99Ms: 2, maxMs: 2 });
    expect(one.look()).toEqual({ count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
    counts[4] = 1;
    expect(one.look()).toMatchObject({ count: 1, maxMs: 4 });
    expect(other.look()).toMatchObject({ count: 4, p50Ms: 2, maxMs: 4 });
  });

  it('takes one of a hundred for p99, not the largest', () => {
    const counts = new Float64Array(1024);
    const window = new LagWindow(counts);
    counts[1] = 985;
    counts[30] = 10;
    counts[1023] = 5;
    expect(window.look()).toEqual({ count: 1000, p50Ms: 1, p99Ms: 30, maxMs: 1023 });
  });
});

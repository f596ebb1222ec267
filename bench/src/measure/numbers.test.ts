import { describe, expect, it } from 'vitest';
import { cpuShare } from './busy-cpu.ts';
import { durationMs, mean, median, percentile } from './numbers.ts';

describe('numbers', () => {
  it('takes the middle, of two the mean', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('finds percentiles without sorting what it was given', () => {
    const values = [5, 4, 3, 2, 1];
    expect(percentile(values, 0.5)).toBe(3);
    expect(percentile(values, 1)).toBe(5);
    expect(percentile(values, 0)).toBe(1);
    expect(values).toEqual([5, 4, 3, 2, 1]);
    expect(mean(values)).toBe(3);
  });

  it.each([
    ['10m', 600_000],
    ['90s', 90_000],
    ['1.5', 1500],
    ['1h', 3_600_000],
    ['10 m', undefined],
    ['-1', undefined],
    ['', undefined],
  ])('reads the duration %j', (text, wanted) => expect(durationMs(text)).toBe(wanted));

  it('counts as busy what is neither idle nor stolen', () => {
    const from = { atMs: 1000, idleMs: 50_000, stealMs: 0 };
    const to = { atMs: 2000, idleMs: 50_400, stealMs: 100 };
    expect(cpuShare(from, to)).toEqual({ busy: 0.5, steal: 0.1 });
    expect(cpuShare(from, { ...to, idleMs: 51_010, stealMs: 0 }).busy).toBe(0);
  });
});

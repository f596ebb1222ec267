import { describe, expect, it } from 'vitest';
import { pairedRatio } from './ratio.ts';

const pairs = (...values: [number, number][]) =>
  values.map(([numerator, denominator]) => ({ numerator, denominator }));

describe('pairedRatio', () => {
  it('takes the geometric mean', () => {
    expect(pairedRatio(pairs([2, 1], [8, 1]))?.mean).toBeCloseTo(4, 10);
    expect(pairedRatio(pairs([2, 1], [1, 2]))?.mean).toBeCloseTo(1, 10);
  });

  it('is the reciprocal when the two are swapped', () => {
    const there = pairedRatio(pairs([2, 1], [3, 1], [2.5, 1]));
    const back = pairedRatio(pairs([1, 2], [1, 3], [1, 2.5]));
    expect(back?.mean).toBeCloseTo(1 / there!.mean, 10);
    expect(back?.low).toBeCloseTo(1 / there!.high, 10);
  });

  it('gives the interval by t of five rounds', () => {
    // Logs -0.2, -0.1, 0, 0.1, 0.2: deviation 0.158114, error 0.0707107, t(4) 2.776.
    const values = [-0.2, -0.1, 0, 0.1, 0.2].map((log): [number, number] => [Math.exp(log), 1]);
    const ratio = pairedRatio(pairs(...values));
    expect(ratio?.rounds).toBe(5);
    expect(ratio?.mean).toBeCloseTo(1, 10);
    expect(ratio?.low).toBeCloseTo(Math.exp(-0.196292), 4);
    expect(ratio?.high).toBeCloseTo(Math.exp(0.196292), 4);
  });

  it('is sure of rounds that agree, whatever the noise that both had', () => {
    const ratio = pairedRatio(pairs([15, 10], [30, 20], [3, 2]));
    expect(ratio?.low).toBeCloseTo(1.5, 10);
    expect(ratio?.high).toBeCloseTo(1.5, 10);
  });

  it('knows nothing about one round, and leaves out what cannot be divided', () => {
    expect(pairedRatio(pairs([3, 2]))).toEqual({
      mean: expect.closeTo(1.5) as number,
      low: 0,
      high: Infinity,
      rounds: 1,
    });
    expect(pairedRatio(pairs([1, 0], [0, 1], [-1, 1]))).toBeUndefined();
    expect(pairedRatio([])).toBeUndefined();
  });

  it('goes on behind the table of t', () => {
    const values = Array.from({ length: 41 }, (_, i): [number, number] => [Math.exp(i % 2), 1]);
    const ratio = pairedRatio(pairs(...values))!;
    const halfWidth = Math.log(ratio.high / ratio.mean);
    // t(40) is 2.021; deviation sqrt(0.25 * 41 / 40) nearly.
    expect(halfWidth / (Math.sqrt((20 * 21) / 41 / 40) / Math.sqrt(41))).toBeCloseTo(2.021, 2);
  });
});

import { seededRandom } from '@streamcluster/placement';
import { describe, expect, it } from 'vitest';
import { poisson } from './poisson.ts';
import { shuffled } from './shuffled.ts';
import { Weighted, zipfWeights } from './weighted.ts';

function moments(numbers: readonly number[]): { mean: number; variance: number } {
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / numbers.length;
  return { mean, variance };
}

describe('poisson', () => {
  it.each([0.3, 4, 49, 51, 2000])('has mean and variance %d', (wanted) => {
    const random = seededRandom(1);
    const { mean, variance } = moments(
      Array.from({ length: 20_000 }, () => poisson(random, wanted)),
    );
    expect(mean / wanted).toBeCloseTo(1, 1);
    expect(Math.abs(variance / wanted - 1)).toBeLessThan(0.06);
  });

  it('is 0 of 0', () => {
    expect(poisson(seededRandom(1), 0)).toBe(0);
  });
});

describe('Weighted', () => {
  it('draws each as often as it weighs', () => {
    const weights = zipfWeights(50, 1);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const drawn = weights.map(() => 0);
    const weighted = new Weighted(weights);
    const random = seededRandom(2);
    const count = 200_000;
    for (let i = 0; i < count; i += 1) drawn[weighted.draw(random)]! += 1;
    const off = drawn.map((times, at) => {
      const expected = ((weights[at] ?? 0) / total) * count;
      return (times - expected) ** 2 / expected;
    });
    // 49 degrees of freedom: above 85 once in a thousand runs.
    expect(off.reduce((sum, one) => sum + one, 0)).toBeLessThan(85);
  });

  it('never draws what weighs nothing', () => {
    const weighted = new Weighted([0, 3, 0, 1]);
    const random = seededRandom(3);
    const drawn = new Set(Array.from({ length: 1000 }, () => weighted.draw(random)));
    expect([...drawn].sort()).toEqual([1, 3]);
  });
});

describe('shuffled', () => {
  it('keeps all and brings each anywhere', () => {
    const random = seededRandom(4);
    const first = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i += 1) {
      const items = shuffled(random, [0, 1, 2, 3]);
      expect([...items].sort()).toEqual([0, 1, 2, 3]);
      first[items[0] ?? 0]! += 1;
    }
    for (const times of first) expect(Math.abs(times - 1000)).toBeLessThan(120);
  });
});

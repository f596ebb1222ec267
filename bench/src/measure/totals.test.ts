import { describe, expect, it } from 'vitest';
import { differentTotals, possibleStarts } from './totals.ts';

describe('totals of viewers', () => {
  it('are as many as places to start, more when somebody lost something', () => {
    const whole = [500, 500, 700, 700, 700];
    expect(differentTotals(whole)).toBe(possibleStarts(1500, 2000));
    expect(differentTotals([...whole, 499])).toBeGreaterThan(possibleStarts(1500, 2000));
    expect(possibleStarts(2500, 2000)).toBe(3);
  });
});

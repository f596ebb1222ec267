import { describe, expect, it } from 'vitest';
import { nextStep } from './ramp.ts';

describe('ramp', () => {
  it('takes most of what is missing, within bounds', () => {
    expect(nextStep(100, 3)).toBe(140);
    expect(nextStep(20, 1.1)).toBe(20);
    expect(nextStep(1000, 8)).toBe(800);
  });
});

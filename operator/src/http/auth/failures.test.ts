import { describe, expect, it } from 'vitest';
import { Failures } from './failures.ts';

describe('wrong tokens', () => {
  it('are remembered for a minute, of the newest thousand addresses', () => {
    let nowMs = 0;
    const failures = new Failures(() => nowMs);
    for (let one = 0; one < 10; one += 1) failures.note('10.0.0.1');
    expect(failures.waitMs('10.0.0.1')).toBe(60_000);
    expect(failures.waitMs('10.0.0.2')).toBe(0);
    nowMs = 59_000;
    expect(failures.waitMs('10.0.0.1')).toBe(1_000);
    nowMs = 60_000;
    expect(failures.waitMs('10.0.0.1')).toBe(0);
    for (let one = 0; one < 10_000; one += 1) failures.note(`10.1.${one >> 8}.${one & 255}`);
    expect(failures.size).toBe(1_000);
  });

  it('count for the network of a subscriber', () => {
    const failures = new Failures(() => 0);
    for (let one = 0; one < 10; one += 1) failures.note(`2001:db8:1:2::${one}`);
    expect(failures.waitMs('2001:db8:1:2:ffff::1')).toBe(60_000);
    expect(failures.waitMs('2001:db8:1:3::1')).toBe(0);
    for (let one = 0; one < 10; one += 1) failures.note('::ffff:10.0.0.1');
    expect(failures.waitMs('::ffff:10.0.0.2')).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { Reservations } from './reservations.ts';

describe('Reservations', () => {
  it('counts what was placed in the last five seconds, for each worker', () => {
    const reservations = new Reservations();
    for (const atMs of [0, 1_000, 2_000]) reservations.add('a', atMs);
    reservations.add('b', 0);
    expect(reservations.count('a', 2_000)).toBe(3);
    expect(reservations.count('a', 5_000)).toBe(2);
    expect(reservations.count('b', 5_000)).toBe(0);
    expect(reservations.count('a', 9_000)).toBe(0);
    expect(reservations.count('c', 0)).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { age, bitRate, bytes, count, counted, cpuList, percent, since } from './units.ts';

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

describe('units', () => {
  it.each([
    [-5, '0s'],
    [119 * S, '119s'],
    [2 * M, '2m'],
    [5 * M + 7 * S, '5m7s'],
    [150 * M, '150m'],
    [5 * H + 3 * M, '5h3m'],
    [47 * H, '47h'],
    [3 * D + 2 * H, '3d2h'],
    [30 * D, '30d'],
    [NaN, '-'],
  ])('writes an age of %d ms as %s', (ms, text) => {
    expect(age(ms)).toBe(text);
  });

  it.each([
    [0, '0 b/s'],
    [999, '999 b/s'],
    [999.7, '1.0 kb/s'],
    [2_100_000, '2.1 Mb/s'],
    [12_340_000, '12 Mb/s'],
    [6.4e9, '6.4 Gb/s'],
    [5e16, '50000 Tb/s'],
  ])('writes %d bits a second as %s', (value, text) => {
    expect(bitRate(value)).toBe(text);
  });

  it('writes what is not known as such', () => {
    expect([count(undefined), percent(undefined), bytes(undefined), bitRate(undefined)]).toEqual(
      Array.from({ length: 4 }, () => '-'),
    );
    expect([since(null, 0), since('nonsense', 0), since(undefined, 0)]).toEqual(['-', '-', '-']);
  });

  it('writes numbers, nouns, bytes and CPUs for people', () => {
    expect([count(10412), counted(1, 'viewer'), counted(0, 'viewer')]).toEqual([
      '10,412',
      '1 viewer',
      '0 viewers',
    ]);
    expect([percent(0.4249), bytes(312 * 2 ** 20), bytes(1.5 * 2 ** 30)]).toEqual([
      '42%',
      '312 MiB',
      '1.5 GiB',
    ]);
    expect([cpuList([5, 0, 2, 1]), cpuList([7]), cpuList([])]).toEqual(['0-2,5', '7', '']);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameList, parseCpuList } from './cpu-list.ts';

describe('parseCpuList', () => {
  it.each([
    ['', []],
    ['\n', []],
    ['0\n', [0]],
    ['0-3,8-11\n', [0, 1, 2, 3, 8, 9, 10, 11]],
    ['9,4-5,5', [4, 5, 9]],
    ['8191', [8191]],
  ])('reads %j', (text, numbers) => {
    expect(parseCpuList(text)).toEqual(numbers);
  });

  it.each(['3-1', '0-', '-1', '1,,2', 'all', '0-8192', '0-99999999999', '0 1', '0-7:2/4', '1.5'])(
    'refuses %j',
    (text) => {
      expect(parseCpuList(text)).toBeUndefined();
    },
  );

  it('reads back every set that is written', () => {
    const sets = fc.uniqueArray(fc.integer({ min: 0, max: 8191 }), { maxLength: 200 });
    fc.assert(
      fc.property(sets, (numbers) => {
        const sorted = [...numbers].sort((a, b) => a - b);
        expect(parseCpuList(numbers.join(','))).toEqual(sorted);
      }),
    );
  });

  it('answers any text at once', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const numbers = parseCpuList(text) ?? [];
        expect(numbers.every((number) => number >= 0 && number < 8192)).toBe(true);
      }),
    );
  });
});

describe('isSameList', () => {
  it.each([
    [[], [], true],
    [[1, 2], [1, 2], true],
    [[1], [1, 2], false],
    [[1, 3], [1, 2], false],
  ])('compares %j and %j', (a, b, isSame) => {
    expect(isSameList(a, b)).toBe(isSame);
  });
});

import { describe, expect, it } from 'vitest';
import { fields, plain, table } from './table.ts';

describe('table', () => {
  it('aligns columns, numbers to the right, without lines or trailing spaces', () => {
    const columns = [{ head: 'NAME' }, { head: 'N', align: 'right' as const }, { head: 'WHY' }];
    expect(
      table(columns, [
        ['a', '5', 'x'],
        ['long', '10,412', ''],
      ]),
    ).toBe('NAME        N   WHY\na           5   x\nlong   10,412\n');
  });

  it('keeps columns aligned where there are colours or wide characters', () => {
    const red = '\u001b[31mbad\u001b[39m';
    const lines = table(
      [{ head: 'A' }, { head: 'B' }],
      [
        [red, 'x'],
        ['新闻', 'y'],
      ],
    ).split('\n');
    expect(lines[1]).toBe(`${red}    x`);
    expect(lines[2]).toBe('新闻   y');
  });

  it('shows names and values', () => {
    expect(
      fields([
        ['A', '1'],
        ['Long', '2'],
      ]),
    ).toBe('A:      1\nLong:   2\n');
  });
});

describe('plain', () => {
  it('lets nobody steer the terminal', () => {
    expect(plain('a\u001b[2Jb\nc\u202ed\u009b1m\t')).toBe('a [2Jb c d 1m');
  });
});

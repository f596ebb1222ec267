import { describe, expect, it } from 'vitest';
import { emptyResults, merged, type CaseResult } from './results.ts';

const one = (key: string, at: string): CaseResult => ({
  ...{ key, at, letter: 'A', workload: '', title: '', unit: '', idleBusy: 0 },
  ...{ bars: [], curves: [], contenders: [], runs: [] },
});
const resultsOf = (...cases: CaseResult[]) => ({
  ...emptyResults({ seconds: 4, rounds: 5 }),
  cases,
});

describe('merged', () => {
  it('replaces cases in their place and adds new ones', () => {
    const older = resultsOf(one('A', 'old'), one('B', 'old'));
    const newer = resultsOf(one('C', 'new'), one('A', 'new'));
    expect(merged(older, newer).cases.map(({ key, at }) => [key, at])).toEqual([
      ['A', 'new'],
      ['B', 'old'],
      ['C', 'new'],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { chooseDrains, type DrainCandidate } from './drain-choice.ts';

function candidate(id: string, more: Partial<DrainCandidate> = {}): DrainCandidate {
  return { id, isReady: true, publishers: 0, viewers: 0, homes: 0, ...more };
}

describe('chooseDrains', () => {
  it.each<[string, DrainCandidate[], string]>([
    ['who is not ready', [candidate('a'), candidate('b', { isReady: false, viewers: 9 })], 'b'],
    [
      'fewest publishers',
      [candidate('a', { publishers: 1 }), candidate('b', { viewers: 900 })],
      'b',
    ],
    ['fewest viewers', [candidate('a', { viewers: 2 }), candidate('b', { viewers: 3 })], 'a'],
    ['fewest homes', [candidate('a', { homes: 2 }), candidate('b', { homes: 3 })], 'a'],
    ['the last of equal ones', [candidate('w-2'), candidate('w-10'), candidate('w-9')], 'w-10'],
  ])('takes %s', (_what, candidates, expected) => {
    expect(chooseDrains(candidates, 1)).toEqual([expected]);
  });

  it('takes as many as asked for, and no more than there are', () => {
    const all = [candidate('w-0'), candidate('w-1')];
    expect(chooseDrains(all, 0)).toEqual([]);
    expect(chooseDrains(all, -1)).toEqual([]);
    expect(chooseDrains(all, 5)).toEqual(['w-1', 'w-0']);
  });
});

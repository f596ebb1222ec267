import { describe, expect, it } from 'vitest';
import { decisionItem } from './decision-item.ts';

const PLACED = {
  unixMs: 1,
  kind: 'Place',
  why: 'w-0 was drawn at random',
  outcome: 'Done',
  home: 'w-0',
};

describe('decisionItem', () => {
  it('says what was decided, as long as that is how it is', () => {
    const { home, ...item } = PLACED;
    expect(decisionItem({ home }, PLACED)).toEqual(item);
    expect(decisionItem({ home: 'w-1' }, item)).toEqual(item);
    expect(decisionItem({ home }, undefined)).toBeNull();
  });

  it('does not say that a stream is where it is not', () => {
    expect(decisionItem({ home: 'w-1' }, PLACED)).toMatchObject({
      why: 'the ingest worker made w-1 the home by itself; the operator had drawn w-0',
      outcome: 'Overtaken',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { KeyOffsets } from './key-offsets.ts';

const CONFIGURATION = Buffer.from([0x17, 0, 1, 2, 3]);
const KEY = Buffer.from([0x17, 1, 9, 9]);
const OTHER = Buffer.from([0x27, 1, 9]);

describe('KeyOffsets', () => {
  it('allows what follows each key frame, behind the start that all get', () => {
    const offsets = new KeyOffsets();
    for (const body of [CONFIGURATION, KEY, OTHER, KEY, OTHER, OTHER]) {
      offsets.onTag(9, 0, body, 0, body.length);
    }
    const start = 100 + 13 + (15 + 5);
    const lastGop = 15 + 4 + 2 * (15 + 3);
    const both = lastGop + 15 + 4 + 15 + 3;
    expect(offsets.allowedBytes(100)).toEqual(new Set([start + both, start + lastGop]));
  });

  it('allows nothing before there was a key frame', () => {
    expect(new KeyOffsets().allowedBytes(10).size).toBe(0);
  });
});

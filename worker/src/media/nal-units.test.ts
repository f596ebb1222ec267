import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areNalUnits, nalUnitEnd, unescapeNalUnit } from './nal-units.ts';

function lengthPrefixed(units: readonly Uint8Array[], lengthBytes: number): Buffer {
  return Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(lengthBytes);
      length.writeUIntBE(unit.length, 0, lengthBytes);
      return [length, unit];
    }),
  );
}

function walk(buf: Buffer, lengthBytes: number): Buffer[] {
  const out: Buffer[] = [];
  let at = 0;
  while (at < buf.length) {
    const next = nalUnitEnd(buf, at, buf.length, lengthBytes);
    if (next < 0) break;
    out.push(buf.subarray(at + lengthBytes, next));
    at = next;
  }
  return out;
}

describe('NAL units', () => {
  it('are found as they were put in, whatever the length prefix', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
        fc.constantFrom(1, 2, 4),
        (units, lengthBytes) => {
          const buf = lengthPrefixed(units, lengthBytes);
          expect(walk(buf, lengthBytes)).toEqual(units.map((unit) => Buffer.from(unit)));
          expect(areNalUnits(buf, 0, buf.length, lengthBytes)).toBe(true);
        },
      ),
    );
  });

  it('are refused when cut', () => {
    const buf = lengthPrefixed([Buffer.alloc(10, 1), Buffer.alloc(20, 2)], 4);
    for (let end = 1; end < buf.length; end++) {
      expect(areNalUnits(buf, 0, end, 4)).toBe(end === 14);
    }
  });

  it('with an absurd length do not lead outside', () => {
    expect(nalUnitEnd(Buffer.alloc(64, 0xff), 0, 64, 4)).toBe(-1);
  });

  it('lose their emulation prevention bytes', () => {
    const escaped = Buffer.from([0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3]);
    expect([...unescapeNalUnit(escaped, 0, escaped.length)]).toEqual([0, 0, 1, 0, 0, 0, 0, 3]);
  });
});

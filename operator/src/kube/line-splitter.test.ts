import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

const MAX_BYTES = 64;

function split(pieces: readonly Buffer[]): string[] | undefined {
  const splitter = new LineSplitter(MAX_BYTES);
  const lines: string[] = [];
  for (const piece of pieces) {
    const more = splitter.push(piece);
    if (more === undefined) return undefined;
    lines.push(...more);
  }
  return lines;
}

describe('LineSplitter', () => {
  it('finds lines byte by byte, characters of several bytes whole', () => {
    const bytes = Buffer.from('{"a":"ü€😀"}\n\nlast\nunfinished');
    expect(split([...bytes].map((byte) => Buffer.from([byte])))).toEqual([
      '{"a":"ü€😀"}',
      '',
      'last',
    ]);
  });

  it('finds the same lines however the bytes are cut', () => {
    const line = fc
      .string({ unit: 'grapheme', maxLength: 8 })
      .map((text) => text.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(40)), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const pieces: Buffer[] = [];
        let start = 0;
        for (const cut of cuts) {
          pieces.push(bytes.subarray(start, start + cut));
          start += cut;
        }
        pieces.push(bytes.subarray(start));
        const isFit = lines.every((text) => Buffer.byteLength(text) <= MAX_BYTES);
        if (isFit) expect(split(pieces)).toEqual(lines);
        else expect(split(pieces)).toBeUndefined();
      }),
    );
  });

  it('refuses a line that is too long, finished or not', () => {
    expect(split([Buffer.from(`${'x'.repeat(MAX_BYTES)}\n`)])).toEqual(['x'.repeat(MAX_BYTES)]);
    expect(split([Buffer.from(`${'x'.repeat(MAX_BYTES + 1)}\n`)])).toBeUndefined();
    expect(split(Array.from({ length: 65 }, () => Buffer.from('x')))).toBeUndefined();
  });
});

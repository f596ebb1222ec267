import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TsReader } from './reader.ts';
import { flvToTs } from './testing/flv-to-ts.ts';

const TS = flvToTs(readFileSync(new URL('../flv/testdata/h264-aac.flv', import.meta.url)));

interface Seen {
  units: string[];
  reader: TsReader;
}

function reading(): Seen {
  const units: string[] = [];
  const reader = new TsReader({
    onUnit: ({ stream, pts, dts, data }) =>
      units.push(`${stream.streamType} ${pts} ${dts} ${data.toString('base64')}`),
  });
  return { units, reader };
}

function readInPieces(ts: Buffer, sizes: readonly number[]): Seen {
  const seen = reading();
  for (let at = 0, i = 0; at < ts.length; i++) {
    const next = Math.min(ts.length, at + (sizes[i % sizes.length] ?? 1));
    seen.reader.push(ts, at, next);
    at = next;
  }
  seen.reader.flush();
  return seen;
}

describe('TsReader', () => {
  const whole = readInPieces(TS, [TS.length]);

  it('reads the same byte by byte', () => {
    expect(whole.units.length).toBeGreaterThan(50);
    expect(readInPieces(TS, [1]).units).toEqual(whole.units);
  });

  it('reads the same however it is split', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 });
    fc.assert(
      fc.property(sizes, (pieces) => {
        expect(readInPieces(TS, pieces).units).toEqual(whole.units);
      }),
      { numRuns: 30 },
    );
  });

  it('skips what is out of step and goes on', () => {
    const { units, reader } = readInPieces(Buffer.concat([Buffer.alloc(99, 1), TS]), [500]);
    expect(units).toEqual(whole.units);
    expect(reader.skippedBytes).toBe(99);
  });

  it('drops the unit in which a packet is missing, and only that', () => {
    // The first packet that goes on with a picture: 0x01 0x00 without unit start.
    let at = 0;
    while (TS.readUInt16BE(at + 1) !== 0x100) at += 188;
    const cut = Buffer.concat([TS.subarray(0, at), TS.subarray(at + 188)]);
    const { units, reader } = readInPieces(cut, [188]);
    expect(reader.continuityErrors).toBe(1);
    expect(units).toHaveLength(whole.units.length - 1);
    expect(whole.units).toEqual(expect.arrayContaining(units));
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(TS.length - 1), fc.nat(255)), { maxLength: 60 }),
        (hits) => {
          const bytes = Buffer.from(TS);
          for (const [at, value] of hits) bytes[at] = value;
          expect(readInPieces(bytes, [700]).units.length).toBeLessThan(200);
        },
      ),
      { numRuns: 100 },
    );
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlvReader } from '../flv/reader.ts';
import { RtmpChunkReader } from './chunk-reader.ts';
import { fuzzTargets } from './fuzz-target.ts';
import { CAPTURES, CHUNKS_AT } from './testing/captures.ts';

const FLV = readFileSync(new URL('../flv/testdata/h264-aac.flv', import.meta.url));

/** Media as `kind time length`; without configurations, which GStreamer writes anew. */
function mediaOfFlv(): string[] {
  const out: string[] = [];
  new FlvReader({
    onTag: (kind, timestampMs, buf, start, end) => {
      if (kind !== 18 && buf[start + 1] !== 0) out.push(`${kind} ${timestampMs} ${end - start}`);
    },
  }).push(FLV, 0, FLV.length);
  return out;
}

function messagesOf(
  bytes: Buffer,
  pieces: readonly number[],
): { types: string[]; media: string[] } {
  const types: string[] = [];
  const media: string[] = [];
  const reader = new RtmpChunkReader({
    onMessage(typeId, _streamId, timestampMs, buf, start, end) {
      types.push(String(typeId));
      const isMedia = typeId === 8 || typeId === 9;
      if (isMedia && buf[start + 1] !== 0) media.push(`${typeId} ${timestampMs} ${end - start}`);
    },
  });
  for (let at = CHUNKS_AT, i = 0; at < bytes.length; i++) {
    const next = Math.min(bytes.length, at + (pieces[i % pieces.length] ?? 1));
    expect(reader.push(bytes, at, next)).toBeUndefined();
    at = next;
  }
  return { types, media };
}

describe.each(Object.entries(CAPTURES))('what %s sent', (client, file) => {
  const bytes = readFileSync(file);
  const whole = messagesOf(bytes, [bytes.length]);

  it('is commands, metadata, media and a good-bye', () => {
    expect(whole.types.slice(0, 4).every((type) => type === '20' || type === '5')).toBe(true);
    expect(whole.types).toContain('18');
    expect(whole.types.at(-1)).toBe('20');
    expect(whole.media).toHaveLength(mediaOfFlv().length);
  });

  it('has the sizes of the file, and ffmpeg also its times', () => {
    const sizes = (lines: readonly string[]) => lines.map((line) => line.split(' ')[2]).sort();
    expect(sizes(whole.media)).toEqual(sizes(mediaOfFlv()));
    if (client === 'ffmpeg') expect(whole.media).toEqual(mediaOfFlv());
  });

  it('is the same byte by byte and however it is split', () => {
    expect(messagesOf(bytes, [1])).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }), (pieces) => {
        expect(messagesOf(bytes, pieces)).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });
});

describe('mutated captures', () => {
  it.each(fuzzTargets.map((target) => [target.name, target] as const))(
    'do no harm to %s',
    (_name, target) => {
      const inputs = target.corpus();
      fc.assert(
        fc.property(
          fc.constantFrom(...inputs),
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
          fc.nat(),
          (input, changes, cut) => {
            const mutated = Buffer.from(input.subarray(0, input.length - (cut % 64)));
            for (const [at, value] of changes) mutated[at % mutated.length] = value;
            target.run(mutated);
          },
        ),
        { numRuns: 500 },
      );
    },
  );
});

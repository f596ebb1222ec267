import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketKey,
  encodeDirectoryEntry,
  parseDirectoryEntry,
  streamKeyOf,
} from './directory-entry.ts';

const entry = fc.record({
  home: fc.string(),
  ingest: fc.string(),
  replicas: fc.array(fc.string()),
  epoch: fc.nat(),
  publishedUnixMs: fc.nat(),
  nonce: fc.string(),
});

describe('directory entries', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(entry, (written) => {
        expect(parseDirectoryEntry(encodeDirectoryEntry(written))).toEqual(written);
      }),
    );
  });

  it.each(['', '{', '[]', 'null', '{"home":1}', '{"home":"a","ingest":"b","epoch":-1}'])(
    'are none when something else wrote them: %s',
    (text) => expect(parseDirectoryEntry(Buffer.from(text))).toBeUndefined(),
  );

  it('have keys that a bucket takes, and that lead back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (name) => {
        const wellFormed = name.toWellFormed();
        expect(bucketKey(wellFormed)).toMatch(/^[-\w]+$/);
        expect(streamKeyOf(bucketKey(wellFormed))).toBe(wellFormed);
      }),
    );
  });
});

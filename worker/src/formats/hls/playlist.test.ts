import fc from 'fast-check';
import HLS from 'hls-parser';
import { describe, expect, it } from 'vitest';
import { renderPlaylist, type PlaylistSegment } from './playlist.ts';

const START_UNIX_MS = Date.UTC(2026, 10, 21, 12, 0, 0);

function segment(sequence: number, fields: Partial<PlaylistSegment> = {}): PlaylistSegment {
  return {
    sequence,
    key: '',
    durationMs: 2000,
    isGap: false,
    wallClockUnixMs: START_UNIX_MS + sequence * 2000,
    discontinuity: false,
    discontinuitySequence: 0,
    independent: true,
    ...fields,
  };
}

function render(segments: PlaylistSegment[], ended = false): string {
  return renderPlaylist({ name: 'news', segments, targetDurationSeconds: 2, ended });
}

describe('renderPlaylist', () => {
  it('puts a key in front of the files of those who are told', () => {
    const lines = render([segment(7), segment(8, { key: 'k_8' })]).split('\n');
    expect(lines.filter((line) => line.endsWith('.ts'))).toEqual(['news/7.ts', 'news/k_8/8.ts']);
  });

  it('writes a live window', () => {
    expect(render([segment(7), segment(8, { durationMs: 1960 })])).toBe(
      [
        '#EXTM3U',
        '#EXT-X-VERSION:3',
        '#EXT-X-TARGETDURATION:2',
        '#EXT-X-MEDIA-SEQUENCE:7',
        '#EXT-X-DISCONTINUITY-SEQUENCE:0',
        '#EXT-X-INDEPENDENT-SEGMENTS',
        '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:14.000Z',
        '#EXTINF:2.000,',
        'news/7.ts',
        '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:16.000Z',
        '#EXTINF:1.960,',
        'news/8.ts',
        '',
      ].join('\n'),
    );
  });

  it('says the end', () => {
    expect(render([segment(1)], true)).toMatch(/\n#EXT-X-ENDLIST\n$/);
  });

  it('says where pictures are lost', () => {
    const lines = render([segment(1), segment(2, { isGap: true })]).split('\n');
    expect(lines.indexOf('#EXT-X-GAP')).toBe(lines.indexOf('news/2.ts') - 3);
    expect(lines.filter((line) => line === '#EXT-X-GAP')).toHaveLength(1);
  });

  it('claims independence only of all', () => {
    expect(render([segment(1), segment(2, { independent: false })])).not.toContain('INDEPENDENT');
  });

  it('keeps the number of each discontinuity while the window moves', () => {
    const all = [
      segment(0),
      segment(1),
      segment(2, { discontinuity: true, discontinuitySequence: 1 }),
      segment(3, { discontinuitySequence: 1 }),
      segment(4, { discontinuity: true, discontinuitySequence: 2 }),
      segment(5, { discontinuitySequence: 2 }),
    ];
    for (let from = 0; from < all.length; from++) {
      const playlist = HLS.parse(render(all.slice(from))) as HLS.types.MediaPlaylist;
      expect(playlist.segments.map((row) => row.discontinuitySequence)).toEqual(
        all.slice(from).map((row) => row.discontinuitySequence),
      );
    }
  });

  it('is read by hls-parser as it was meant', () => {
    const row = fc.record({
      durationMs: fc.integer({ min: 1, max: 2499 }),
      independent: fc.boolean(),
      discontinuity: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.nat(1e9),
        fc.boolean(),
        (rows, first, ended) => {
          let breaks = 0;
          const segments = rows.map((fields, i) => {
            if (fields.discontinuity) breaks++;
            return segment(first + i, { ...fields, discontinuitySequence: breaks });
          });
          const playlist = HLS.parse(render(segments, ended)) as HLS.types.MediaPlaylist;
          expect(playlist.isMasterPlaylist).toBe(false);
          expect(playlist.targetDuration).toBe(2);
          expect(playlist.mediaSequenceBase).toBe(first);
          expect(playlist.endlist).toBe(ended);
          expect(
            playlist.segments.map((read) => [
              read.uri,
              read.duration,
              read.programDateTime?.getTime(),
            ]),
          ).toEqual(
            segments.map((wanted) => [
              `news/${wanted.sequence}.ts`,
              wanted.durationMs / 1000,
              wanted.wallClockUnixMs,
            ]),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});

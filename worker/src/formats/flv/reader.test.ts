import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyFrame, FrameKind } from '../../media/frame.ts';
import { trackFromFrame } from '../../media/track-from-frame.ts';
import { emptyTagView, FlvReader, readFlvTag } from './reader.ts';
import { parseTagBody } from './tag-body.ts';
import { flvFileHeader, FLV_TAG_OVERHEAD, writeFlvTag } from './writer.ts';

const FILE = readFileSync(new URL('testdata/h264-aac.flv', import.meta.url));

interface Tag {
  readonly kind: number;
  readonly timestampMs: number;
  readonly body: Buffer;
}

function collect(): { tags: Tag[]; headers: string[]; reader: FlvReader } {
  const tags: Tag[] = [];
  const headers: string[] = [];
  const reader = new FlvReader({
    onHeader: (audio, video) => headers.push(`${String(audio)} ${String(video)}`),
    onTag: (kind, timestampMs, buf, start, end) =>
      tags.push({ kind, timestampMs, body: Buffer.from(buf.subarray(start, end)) }),
  });
  return { tags, headers, reader };
}

function readWhole(file: Buffer): Tag[] {
  const { tags, reader } = collect();
  expect(reader.push(file, 0, file.length)).toBeUndefined();
  return tags;
}

function write(tags: readonly Tag[]): Buffer {
  const frame = emptyFrame();
  const parts = [flvFileHeader(true, true)];
  for (const tag of tags) {
    const out = Buffer.alloc(tag.body.length + FLV_TAG_OVERHEAD);
    frame.kind = tag.kind as FrameKind;
    frame.body = tag.body;
    frame.bodyEnd = tag.body.length;
    expect(writeFlvTag(out, 0, frame, tag.timestampMs)).toBe(out.length);
    parts.push(out);
  }
  return Buffer.concat(parts);
}

describe('FlvReader on a file of ffmpeg', () => {
  const whole = readWhole(FILE);

  it('finds every tag', () => {
    expect(whole.filter((tag) => tag.kind === FrameKind.video)).toHaveLength(32);
    expect(whole.filter((tag) => tag.kind === FrameKind.data)).toHaveLength(1);
  });

  it('finds the same byte by byte', () => {
    const { tags, headers, reader } = collect();
    for (let i = 0; i < FILE.length; i++) reader.push(FILE, i, i + 1);
    expect(tags).toEqual(whole);
    expect(headers).toEqual(['true true']);
  });

  it('finds the same however it is split', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }), (sizes) => {
        const { tags, reader } = collect();
        for (let at = 0, i = 0; at < FILE.length; i++) {
          const next = Math.min(FILE.length, at + (sizes[i % sizes.length] ?? 1));
          // Other bytes around, as in a slab.
          const slab = Buffer.alloc(next - at + 20, 0x55);
          FILE.copy(slab, 10, at, next);
          expect(reader.push(slab, 10, 10 + next - at)).toBeUndefined();
          at = next;
        }
        expect(tags).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('is written back byte for byte', () => {
    expect(write(whole)).toEqual(FILE);
  });

  it('parses into frames with tracks, key frames and B-frames', () => {
    const frame = emptyFrame();
    const codecs = new Set<string>();
    const tracks: string[] = [];
    let keys = 0;
    let reordered = 0;
    for (const tag of whole) {
      expect(parseTagBody(tag.kind as FrameKind, tag.body, 0, tag.body.length, frame)).toBe(true);
      codecs.add(frame.codec);
      if (frame.isKey) keys++;
      if (frame.compositionMs > 0) reordered++;
      const track = trackFromFrame(frame);
      if (track !== undefined) tracks.push(track.codecString);
    }
    expect([...codecs].sort()).toEqual(['aac', 'h264', 'unknown']);
    expect(tracks).toEqual(['avc1.640009', 'mp4a.40.2']);
    expect(keys).toBe(3);
    expect(reordered).toBeGreaterThan(10);
  });
});

describe('FlvReader', () => {
  it.each([
    ['not-flv', Buffer.from('RIFF....AVI LIST....')],
    ['not-flv', Buffer.concat([Buffer.from('FLV\x01\x05'), Buffer.alloc(8, 0xff)])],
    ['tag-malformed', Buffer.concat([flvFileHeader(true, true), Buffer.alloc(20, 0x07)])],
    [
      'tag-too-long',
      Buffer.concat([flvFileHeader(true, true), Buffer.from('09ffffff00000000000000', 'hex')]),
    ],
  ])('says %s and then takes no more', (error, bytes) => {
    const { reader, tags } = collect();
    expect(reader.push(bytes, 0, bytes.length)).toBe(error);
    expect(reader.push(FILE, 0, FILE.length)).toBe(error);
    expect(tags).toEqual([]);
  });

  it('keeps timestamps across 2^31 and up to 2^32', () => {
    const times = [0, 0xffffff, 0x1000000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
    const body = Buffer.from([1, 2, 3]);
    const file = write(times.map((timestampMs) => ({ kind: 8, timestampMs, body })));
    expect(readWhole(file).map((tag) => tag.timestampMs)).toEqual(times);
  });

  it('reads bare tags when told so', () => {
    const seen: number[] = [];
    const reader = new FlvReader({ onTag: (kind) => seen.push(kind) }, { fileHeader: false });
    reader.push(FILE, 13, FILE.length);
    expect(seen).toEqual(readWhole(FILE).map((tag) => tag.kind));
  });
});

describe('readFlvTag', () => {
  it('walks tags in memory and stops at a cut one', () => {
    const view = emptyTagView();
    const end = FILE.length - 1;
    let at = 13;
    let count = 0;
    for (;;) {
      const size = readFlvTag(FILE, at, end, view);
      if (size === 0) break;
      count++;
      at += size;
    }
    expect(count).toBe(readWhole(FILE).length - 1);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyFrame, FrameKind, type Frame } from '../../media/frame.ts';
import { fuzzTargets } from './fuzz-target.ts';
import { parseTagBody } from './tag-body.ts';

function parse(kind: FrameKind, hexText: string): string {
  const body = Buffer.from(hexText.replaceAll(' ', ''), 'hex');
  const frame = emptyFrame();
  return parseTagBody(kind, body, 0, body.length, frame) ? summary(frame) : 'refused';
}

function summary(frame: Frame): string {
  const flags = [
    frame.isKey ? 'key' : '',
    frame.isConfig ? 'config' : '',
    frame.isEnd ? 'end' : '',
  ].filter((flag) => flag !== '');
  return [frame.codec, ...flags, `+${frame.compositionMs}`, `@${frame.dataStart}`].join(' ');
}

describe('parseTagBody, video', () => {
  it.each([
    ['17 00 000000 01640028', 'h264 config +0 @5'],
    ['17 01 000050 00000001 65', 'h264 key +80 @5'],
    ['27 01 ffffd8 00000001 41', 'h264 +-40 @5'],
    ['27 01 800000 00', 'h264 +-8388608 @5'],
    ['37 01 000000 00', 'h264 +0 @5'],
    ['17 02 000000', 'h264 end +0 @5'],
    ['17 02', 'h264 end +0 @2'],
    ['1c 00 000000 01', 'h265 config +0 @5'],
    // Enhanced RTMP: sequence start, coded frames, end, coded frames X.
    ['90 68766331 01', 'h265 config +0 @5'],
    ['91 68766331 000028 00', 'h265 key +40 @8'],
    ['a1 68766331 ffffff 00', 'h265 +-1 @8'],
    ['92 68766331', 'h265 end +0 @5'],
    ['a3 68766331 00', 'h265 +0 @5'],
    ['93 61766331 00', 'h264 key +0 @5'],
    ['91 61763031 0a', 'av1 key +0 @5'],
    ['a1 76703039 0a', 'vp9 +0 @5'],
    ['91 76703038 0a', 'vp8 key +0 @5'],
    ['94 68766331 02', 'unknown +0 @5'],
    // A nanosecond modifier of three bytes, then coded frames X.
    ['97 02 000001 03 68766331 00', 'h265 key +0 @10'],
    ['97 ff 0000 00 01 61763031 00', 'av1 key +0 @10'],
  ])('%s is %s', (body, expected) => expect(parse(FrameKind.video, body)).toBe(expected));

  it.each([
    ['12 00 00', 'Sorenson'],
    ['14 00 00', 'VP6'],
    ['57 00', 'command frame'],
    ['17', 'cut'],
    ['17 01 0000', 'cut in the composition time'],
    ['17 03 000000', 'unknown packet'],
    ['90 687663', 'cut FourCC'],
    ['90 78787878 00', 'unknown FourCC'],
    ['91 68766331 0000', 'cut composition time'],
    ['96 00 68766331 00', 'multitrack'],
    ['95 61763031', 'MPEG-2 TS sequence'],
    ['d1 68766331 000000', 'enhanced command frame'],
    ['97 02 0000', 'cut modifier'],
    ['97', 'no modifier'],
    ['97 ff ffff', 'modifier longer than the body'],
    ['', 'empty'],
  ])('%s is refused: %s', (body) => expect(parse(FrameKind.video, body)).toBe('refused'));
});

describe('parseTagBody, audio and data', () => {
  it.each([
    ['af 00 1210', 'aac config +0 @2'],
    ['af 01 21', 'aac +0 @2'],
    ['2f fffb', 'mp3 +0 @1'],
    ['ef fffb', 'mp3 +0 @1'],
    ['90 4f707573 01', 'opus config +0 @5'],
    ['91 4f707573 01', 'opus +0 @5'],
    ['92 4f707573', 'opus end +0 @5'],
    ['91 6d703461 01', 'aac +0 @5'],
    ['91 61632d33 01', 'ac3 +0 @5'],
    ['91 65632d33 01', 'eac3 +0 @5'],
    ['90 664c6143 01', 'flac config +0 @5'],
    ['91 2e6d7033 01', 'mp3 +0 @5'],
    ['94 4f707573 01', 'unknown +0 @5'],
  ])('%s is %s', (body, expected) => expect(parse(FrameKind.audio, body)).toBe(expected));

  it.each(['b2 00', 'af', 'af 02 00', '91 4f7075', '95 01 4f707573', '93 4f707573', '72 00', ''])(
    '%s is refused',
    (body) => expect(parse(FrameKind.audio, body)).toBe('refused'),
  );

  it('takes data as they are', () =>
    expect(parse(FrameKind.data, '02 0001 61')).toBe('unknown +0 @0'));

  it('leaves the frame alone when it refuses', () => {
    const frame = emptyFrame();
    const before = { ...frame };
    expect(parseTagBody(FrameKind.video, Buffer.from('9178787878', 'hex'), 0, 5, frame)).toBe(
      false,
    );
    expect(frame).toEqual(before);
  });
});

describe('any bytes', () => {
  it('give a frame whose parts lie inside of the body, or nothing', () => {
    const frame = emptyFrame();
    const heads = ['17', '27', '90', '91', '97', 'af', '9f', '94'];
    fc.assert(
      fc.property(
        fc.constantFrom(...heads),
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(FrameKind.audio, FrameKind.video),
        (head, rest, kind) => {
          const body = Buffer.concat([Buffer.from(head, 'hex'), rest]);
          if (!parseTagBody(kind, body, 0, body.length, frame)) return;
          expect(frame.dataStart).toBeLessThanOrEqual(body.length);
          expect(frame.kind).toBe(kind);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each(fuzzTargets.map((target) => [target.name, target] as const))(
    'do no harm to %s',
    (_name, target) => {
      for (const input of target.corpus()) {
        for (let i = 0; i < 200; i++) {
          const mutated = Buffer.from(input);
          mutated[(i * 7919) % mutated.length] = (i * 104_729) & 0xff;
          expect(() => target.run(mutated)).not.toThrow();
        }
      }
    },
  );
});

import { readFileSync } from 'node:fs';
import type { FuzzTarget } from '../../media/fuzz-target.ts';
import { emptyFrame, FrameKind } from '../../media/frame.ts';
import { trackFromFrame } from '../../media/track-from-frame.ts';
import { FlvReader } from './reader.ts';
import { parseTagBody } from './tag-body.ts';

const frame = emptyFrame();

function readFlv(input: Buffer, pieceBytes: number): void {
  const sink = {
    onTag: (kind: number, _timestampMs: number, buf: Buffer, start: number, end: number) => {
      if (parseTagBody(kind as FrameKind, buf, start, end, frame)) trackFromFrame(frame);
    },
  };
  const reader = new FlvReader(sink);
  for (let at = 0; at < input.length; at += pieceBytes) {
    reader.push(input, at, Math.min(input.length, at + pieceBytes));
  }
}

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'flv/reader',
    corpus: () => [
      readFileSync(new URL('testdata/h264-aac.flv', import.meta.url)).subarray(0, 4096),
    ],
    run: (input) => readFlv(input, 1000),
  },
  {
    name: 'flv/tag-body',
    corpus: () =>
      [
        '170100005000000001',
        '9168766331000028',
        '9702000001036876633100',
        '904f70757301',
        'af0112',
      ].map((text) => Buffer.from(text, 'hex')),
    run: (input) => {
      const kind = (input[0] ?? 0) % 2 === 0 ? FrameKind.audio : FrameKind.video;
      parseTagBody(kind, input, 0, input.length, frame);
    },
  },
];

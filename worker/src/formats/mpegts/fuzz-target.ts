import { readFileSync } from 'node:fs';
import { emptyFrame, FrameKind } from '../../media/frame.ts';
import type { FuzzTarget } from '../../media/fuzz-target.ts';
import { createTsProgram, framePacketCount, TS_PACKET_BYTES, writeFrame } from './packetizer.ts';
import { TsReader } from './reader.ts';
import { flvToTs } from './testing/flv-to-ts.ts';

const PIECE_BYTES = 1000;
const frame = emptyFrame();
const program = createTsProgram({
  video: {
    kind: 'video',
    codec: 'h264',
    width: 0,
    height: 0,
    profile: '',
    codecString: '',
    configuration: Buffer.from('0142c01effe1000467640028010004686e3cb0', 'hex'),
  },
});

function file(): Buffer {
  return flvToTs(readFileSync(new URL('../flv/testdata/h264-aac.flv', import.meta.url)));
}

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'mpegts/reader',
    corpus: () => [file().subarray(0, 188 * 30)],
    run: (input) => {
      const reader = new TsReader({ onUnit: () => undefined });
      for (let at = 0; at < input.length; at += PIECE_BYTES) {
        reader.push(input, at, Math.min(input.length, at + PIECE_BYTES));
      }
      reader.flush();
    },
  },
  {
    name: 'mpegts/packetizer',
    corpus: () => [Buffer.from('0000000265880000000141000000020901', 'hex')],
    run: (input) => {
      frame.kind = FrameKind.video;
      frame.codec = 'h264';
      frame.isKey = true;
      frame.body = input;
      frame.bodyEnd = input.length;
      const bytes = framePacketCount(frame, program) * TS_PACKET_BYTES;
      const counters = { psi: 0, video: 0, audio: 0 };
      const written = writeFrame(frame, 0, program, counters, Buffer.alloc(bytes), 0);
      if (written !== bytes) throw new Error(`wrote ${written} of ${bytes} bytes`);
    },
  },
];

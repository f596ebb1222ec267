import { parseAacConfiguration } from './aac.ts';
import { parseAc3Frame, parseEac3Frame } from './ac3.ts';
import { parseAv1Configuration } from './av1.ts';
import { parseFlacConfiguration } from './flac.ts';
import { parseH264Configuration } from './h264.ts';
import { parseH265Configuration } from './h265.ts';
import { parseMp3Frame } from './mp3.ts';
import { areNalUnits } from './nal-units.ts';
import { parseOpusConfiguration } from './opus.ts';
import { CONFIGURATIONS } from './testing/configurations.ts';
import { parseVp8KeyFrame } from './vp8.ts';
import { parseVp9Configuration } from './vp9.ts';

/** A parser that must survive any bytes: run never throws, hangs or grows. */
export interface FuzzTarget {
  readonly name: string;
  corpus(): Buffer[];
  run(input: Buffer): void;
}

type Parser = (buf: Buffer, start: number, end: number) => unknown;

function target(name: string, parse: Parser, ...corpus: readonly Buffer[]): FuzzTarget {
  return {
    name,
    corpus: () => [...corpus],
    run: (input) => void parse(input, 0, input.length),
  };
}

const c = CONFIGURATIONS;

export const fuzzTargets: readonly FuzzTarget[] = [
  target('media/h264', parseH264Configuration, c.h264High1080, c.h264Interlaced422, c.h264High444),
  target('media/h265', parseH265Configuration, c.h265Main720),
  target('media/av1', parseAv1Configuration, c.av1Main180),
  target('media/vp9', parseVp9Configuration, c.vp9Boxed, c.vp9Bare),
  target('media/vp8', parseVp8KeyFrame, c.vp8KeyFrame),
  target('media/aac', parseAacConfiguration, c.aacLcStereo, c.aacHe, c.aacHeV2, c.aacHeBackward),
  target('media/opus', parseOpusConfiguration, c.opusHead),
  target('media/flac', parseFlacConfiguration, c.flac),
  target('media/mp3', parseMp3Frame, c.mp3Frame),
  target('media/ac3', parseAc3Frame, c.ac3Frame),
  target('media/eac3', parseEac3Frame, c.eac3Frame),
  target('media/nal-units', (buf, start, end) => areNalUnits(buf, start, end, 4), c.h264High1080),
];

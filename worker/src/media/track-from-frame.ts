import { parseAacConfiguration } from './aac.ts';
import { parseAc3Frame, parseEac3Frame } from './ac3.ts';
import { parseAv1Configuration } from './av1.ts';
import { parseFlacConfiguration } from './flac.ts';
import type { Codec, Frame } from './frame.ts';
import { parseH264Configuration } from './h264.ts';
import { parseH265Configuration } from './h265.ts';
import { parseMp3Frame } from './mp3.ts';
import { parseOpusConfiguration } from './opus.ts';
import type { AudioTrack, VideoTrack } from './track.ts';
import { parseVp8KeyFrame } from './vp8.ts';
import { parseVp9Configuration } from './vp9.ts';

type Parser = (buf: Buffer, start: number, end: number) => VideoTrack | AudioTrack | undefined;

const FROM_CONFIGURATION: Partial<Record<Codec, Parser>> = {
  h264: parseH264Configuration,
  h265: parseH265Configuration,
  av1: parseAv1Configuration,
  vp9: parseVp9Configuration,
  aac: parseAacConfiguration,
  opus: parseOpusConfiguration,
  flac: parseFlacConfiguration,
};

/** Codecs without a configuration record: their frames describe themselves. */
const FROM_FRAME: Partial<Record<Codec, Parser>> = {
  vp8: parseVp8KeyFrame,
  mp3: parseMp3Frame,
  ac3: parseAc3Frame,
  eac3: parseEac3Frame,
};

/**
 * The track that a frame announces: of a configuration frame, or of any frame
 * of a codec without configuration records. Undefined for all other frames and
 * for configurations that cannot be read. Allocates: call it until a track is
 * known, and for configuration frames, not for every frame.
 */
export function trackFromFrame(frame: Frame): VideoTrack | AudioTrack | undefined {
  if (frame.isEnd) return undefined;
  const parser = (frame.isConfig ? FROM_CONFIGURATION : FROM_FRAME)[frame.codec];
  return parser?.(frame.body, frame.dataStart, frame.bodyEnd);
}

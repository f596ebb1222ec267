import type { AudioTrack } from './track.ts';

const MAGIC = 'OpusHead';
/** Opus always decodes at 48 kHz; the header's rate is the input's (RFC 7845 5.1). */
const DECODE_RATE = 48_000;

/** Parses an Opus identification header, with or without its magic word. */
export function parseOpusConfiguration(
  buf: Buffer,
  start: number,
  end: number,
): AudioTrack | undefined {
  const hasMagic =
    end - start >= MAGIC.length && buf.toString('latin1', start, start + 8) === MAGIC;
  const at = hasMagic ? start + MAGIC.length : start;
  const channels = buf[at + 1] ?? 0;
  // Only the major version, the upper half of the byte, breaks decoders.
  if (end - at < 11 || ((buf[at] ?? 0) & 0xf0) !== 0 || channels === 0) return undefined;
  return {
    kind: 'audio',
    codec: 'opus',
    sampleRate: DECODE_RATE,
    channels,
    profile: '',
    codecString: 'opus',
    configuration: Buffer.from(buf.subarray(start, end)),
  };
}

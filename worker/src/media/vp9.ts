import type { VideoTrack } from './track.ts';

const RECORD_BYTES = 8;

/**
 * Parses a VPCodecConfigurationRecord (VP codecs in ISOBMFF), with or without
 * the four bytes of box version and flags that some encoders keep in front.
 */
export function parseVp9Configuration(
  buf: Buffer,
  start: number,
  end: number,
): VideoTrack | undefined {
  const boxed = end - start >= RECORD_BYTES + 4 && buf.readUInt32BE(start) === 0x01000000;
  const at = boxed ? start + 4 : start;
  if (end - at < RECORD_BYTES || (buf[at] ?? 9) > 3) return undefined;
  const profile = buf[at] ?? 0;
  const level = buf[at + 1] ?? 0;
  const depth = (buf[at + 2] ?? 0) >> 4;
  return {
    kind: 'video',
    codec: 'vp9',
    width: 0,
    height: 0,
    profile: `Profile ${profile}`,
    codecString: `vp09.${twoDigits(profile)}.${twoDigits(level)}.${twoDigits(depth)}`,
    configuration: Buffer.from(buf.subarray(start, end)),
  };
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

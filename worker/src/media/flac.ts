import type { AudioTrack } from './track.ts';

const STREAMINFO_BYTES = 34;

/** Parses `fLaC` and the STREAMINFO block that must follow it (RFC 9639 8.2). */
export function parseFlacConfiguration(
  buf: Buffer,
  start: number,
  end: number,
): AudioTrack | undefined {
  const marked = end - start >= 4 && buf.toString('latin1', start, start + 4) === 'fLaC';
  const at = start + (marked ? 8 : 0);
  if (end - at < STREAMINFO_BYTES) return undefined;
  const packed = buf.readUInt32BE(at + 10);
  const sampleRate = packed >>> 12;
  if (sampleRate === 0) return undefined;
  return {
    kind: 'audio',
    codec: 'flac',
    sampleRate,
    channels: ((packed >>> 9) & 7) + 1,
    profile: '',
    codecString: 'flac',
    configuration: Buffer.from(buf.subarray(start, end)),
  };
}

import type { VideoTrack } from './track.ts';

/** VP8 has no configuration record: a key frame's header says the size (RFC 6386 9.1). */
export function parseVp8KeyFrame(buf: Buffer, start: number, end: number): VideoTrack | undefined {
  if (end - start < 10 || ((buf[start] ?? 1) & 1) !== 0) return undefined;
  if (buf[start + 3] !== 0x9d || buf[start + 4] !== 0x01 || buf[start + 5] !== 0x2a)
    return undefined;
  return {
    kind: 'video',
    codec: 'vp8',
    width: buf.readUInt16LE(start + 6) & 0x3fff,
    height: buf.readUInt16LE(start + 8) & 0x3fff,
    profile: '',
    codecString: 'vp8',
    configuration: Buffer.alloc(0),
  };
}

import type { Frame } from '../../media/frame.ts';

/** Header of 11 bytes before the body, size of the tag in 4 behind it. */
export const FLV_TAG_OVERHEAD = 15;
export const FLV_TAG_HEADER_BYTES = 11;

/**
 * Writes a frame as an FLV tag (FLV 10.1 E.4.1) at out[at] and returns its
 * size, FLV_TAG_OVERHEAD more than the body. The caller made room for it.
 * timestampMs is taken modulo 2^32.
 */
export function writeFlvTag(out: Buffer, at: number, frame: Frame, timestampMs: number): number {
  const bodyBytes = frame.bodyEnd - frame.bodyStart;
  writeFlvTagHeader(out, at, frame.kind, bodyBytes, timestampMs);
  frame.body.copy(out, at + FLV_TAG_HEADER_BYTES, frame.bodyStart, frame.bodyEnd);
  writeUint32(out, at + FLV_TAG_HEADER_BYTES + bodyBytes, FLV_TAG_HEADER_BYTES + bodyBytes);
  return FLV_TAG_OVERHEAD + bodyBytes;
}

/**
 * The 11 bytes before a body:
 *
 *   type(8) size(24) timestamp(24, low) timestamp(8, high) stream id(24) = 0
 */
function writeFlvTagHeader(
  out: Buffer,
  at: number,
  kind: number,
  bodyBytes: number,
  timestampMs: number,
): void {
  const time = timestampMs >>> 0;
  out[at] = kind;
  out[at + 1] = bodyBytes >>> 16;
  out[at + 2] = bodyBytes >>> 8;
  out[at + 3] = bodyBytes;
  out[at + 4] = time >>> 16;
  out[at + 5] = time >>> 8;
  out[at + 6] = time;
  out[at + 7] = time >>> 24;
  out[at + 8] = 0;
  out[at + 9] = 0;
  out[at + 10] = 0;
}

/** Signature, version 1, flags of the tracks present, and PreviousTagSize0. */
export function flvFileHeader(hasAudio: boolean, hasVideo: boolean): Buffer {
  const flags = (hasAudio ? 4 : 0) | (hasVideo ? 1 : 0);
  return Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]);
}

function writeUint32(out: Buffer, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

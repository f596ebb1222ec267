import { FLV_TAG_HEADER_BYTES, FLV_TAG_OVERHEAD } from './writer.ts';

/** A tag found in memory; reused from tag to tag. */
export interface TagView {
  /** FLV tag type: 8 audio, 9 video, 18 data. */
  kind: number;
  /** 0 to 2^32-1. */
  timestampMs: number;
  bodyStart: number;
  bodyEnd: number;
}

export function emptyTagView(): TagView {
  return { kind: 0, timestampMs: 0, bodyStart: 0, bodyEnd: 0 };
}

/**
 * Reads the tag at buf[at] within buf[at, end). Returns its whole size, with
 * the previous-tag-size behind it, or 0 when the tag is not complete; `out` is
 * then untouched.
 */
export function readFlvTag(buf: Buffer, at: number, end: number, out: TagView): number {
  if (at + FLV_TAG_OVERHEAD > end) return 0;
  const bodyBytes = flvTagBodyBytes(buf, at);
  if (at + FLV_TAG_OVERHEAD + bodyBytes > end) return 0;
  out.kind = (buf[at] ?? 0) & 0x1f;
  out.timestampMs = flvTagTimestampMs(buf, at);
  out.bodyStart = at + FLV_TAG_HEADER_BYTES;
  out.bodyEnd = out.bodyStart + bodyBytes;
  return FLV_TAG_OVERHEAD + bodyBytes;
}

/** Size of the body of the tag whose header starts at buf[at]. */
export function flvTagBodyBytes(buf: Buffer, at: number): number {
  return ((buf[at + 1] ?? 0) << 16) | ((buf[at + 2] ?? 0) << 8) | (buf[at + 3] ?? 0);
}

/** Timestamp with its extension in the upper byte, FLV 10.1 E.4.1. */
export function flvTagTimestampMs(buf: Buffer, at: number): number {
  const time =
    ((buf[at + 7] ?? 0) << 24) |
    ((buf[at + 4] ?? 0) << 16) |
    ((buf[at + 5] ?? 0) << 8) |
    (buf[at + 6] ?? 0);
  return time >>> 0;
}

/**
 * The header of a chunk (RTMP 1.0 section 5.3.1): basic header of 1 to 3
 * bytes, message header of 11, 7, 3 or 0, extended timestamp of 0 or 4.
 */
export const MAX_CHUNK_HEADER_BYTES = 3 + 11 + 4;
export const EXTENDED_TIMESTAMP = 0xffffff;

/** Bytes of the message header by format. */
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0];

/** Bytes of the basic header whose first byte this is. */
export function basicHeaderBytes(first: number): number {
  const low = first & 0x3f;
  if (low === 0) return 2;
  return low === 1 ? 3 : 1;
}

export function messageHeaderBytes(format: number): number {
  return MESSAGE_HEADER_BYTES[format] ?? 0;
}

/** Chunk stream id, 2 to 65599, of a basic header that is whole. */
export function chunkStreamId(buf: Buffer, at: number): number {
  const low = (buf[at] ?? 0) & 0x3f;
  if (low > 1) return low;
  const second = (buf[at + 1] ?? 0) + 64;
  return low === 0 ? second : second + (buf[at + 2] ?? 0) * 256;
}

export function uint24(buf: Buffer, at: number): number {
  return ((buf[at] ?? 0) << 16) | ((buf[at + 1] ?? 0) << 8) | (buf[at + 2] ?? 0);
}

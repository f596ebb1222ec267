/** What is written in front of a body; reuse one object. */
export interface RtmpMessageHeader {
  typeId: number;
  streamId: number;
  /** 2 to 63: the basic header is one byte. */
  csid: number;
  /** Taken modulo 2^32. */
  timestampMs: number;
}

const BASIC_HEADER_BYTES = 1;
const FIRST_HEADER_BYTES = BASIC_HEADER_BYTES + 11;
const EXTENDED_TIMESTAMP_BYTES = 4;
/** In the 24-bit field: the timestamp follows in 32 bits. */
const EXTENDED = 0xffffff;
const TYPE_3 = 0xc0;

/** Bytes that writeRtmpMessage needs for a body. */
export function rtmpMessageSize(
  bodyLength: number,
  timestampMs: number,
  chunkBytes: number,
): number {
  const extended = timestampMs >>> 0 >= EXTENDED ? EXTENDED_TIMESTAMP_BYTES : 0;
  const more = bodyLength === 0 ? 0 : Math.ceil(bodyLength / chunkBytes) - 1;
  return FIRST_HEADER_BYTES + extended + bodyLength + more * (BASIC_HEADER_BYTES + extended);
}

/**
 * Writes body[start, end) as one message at out[at] (RTMP 1.0 section 5.3) and
 * returns the bytes written. It starts with a type 0 header, so that a reader
 * can begin at any message; the rest follows in type 3 chunks, which repeat an
 * extended timestamp.
 */
export function writeRtmpMessage(
  out: Buffer,
  at: number,
  header: RtmpMessageHeader,
  body: Buffer,
  start: number,
  end: number,
  chunkBytes: number,
): number {
  const time = header.timestampMs >>> 0;
  const extended = time >= EXTENDED;
  let to = writeFirstHeader(out, at, header, end - start);
  let from = start;
  for (;;) {
    if (extended) to = writeUint32(out, to, time);
    const next = Math.min(end, from + chunkBytes);
    body.copy(out, to, from, next);
    to += next - from;
    from = next;
    if (from === end) return to - at;
    out[to++] = TYPE_3 | header.csid;
  }
}

/**
 *   00 csid(6)  timestamp(24)  length(24)  type(8)  stream id(32, little-endian)
 */
function writeFirstHeader(
  out: Buffer,
  at: number,
  header: RtmpMessageHeader,
  bodyBytes: number,
): number {
  const time = Math.min(header.timestampMs >>> 0, EXTENDED);
  out[at] = header.csid;
  out[at + 1] = time >>> 16;
  out[at + 2] = time >>> 8;
  out[at + 3] = time;
  out[at + 4] = bodyBytes >>> 16;
  out[at + 5] = bodyBytes >>> 8;
  out[at + 6] = bodyBytes;
  out[at + 7] = header.typeId;
  out[at + 8] = header.streamId;
  out[at + 9] = header.streamId >>> 8;
  out[at + 10] = header.streamId >>> 16;
  out[at + 11] = header.streamId >>> 24;
  return at + FIRST_HEADER_BYTES;
}

function writeUint32(out: Buffer, at: number, value: number): number {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
}

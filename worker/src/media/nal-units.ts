/**
 * Walks length-prefixed NAL units (ISO/IEC 14496-15) without allocating:
 *
 *   for (let at = start; at < end; at = next) {
 *     next = nalUnitEnd(buf, at, end, lengthBytes);
 *     if (next < 0) break;
 *     // The unit is buf[at + lengthBytes, next).
 *   }
 */
export function nalUnitEnd(buf: Buffer, at: number, end: number, lengthBytes: number): number {
  let unitStart = at + lengthBytes;
  if (unitStart > end) return -1;
  let length = 0;
  for (let i = at; i < unitStart; i++) length = length * 256 + (buf[i] ?? 0);
  unitStart += length;
  return unitStart > end ? -1 : unitStart;
}

/** True when the range is whole NAL units, one after the other. */
export function areNalUnits(buf: Buffer, start: number, end: number, lengthBytes: number): boolean {
  let at = start;
  while (at < end) {
    at = nalUnitEnd(buf, at, end, lengthBytes);
    if (at < 0) return false;
  }
  return true;
}

/** Copy without emulation prevention bytes (H.264 7.4.1.1), for bit parsing. */
export function unescapeNalUnit(buf: Buffer, start: number, end: number): Buffer {
  const out = Buffer.allocUnsafe(Math.max(0, end - start));
  let length = 0;
  let zeros = 0;
  for (let i = start; i < end; i++) {
    const byte = buf[i] ?? 0;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out[length++] = byte;
  }
  return out.subarray(0, length);
}

/** Packet type that says: modifiers come first, the real type behind them. */
const MODIFIER_PACKET = 7;

/**
 * Where the FourCC of an Enhanced RTMP v2 body starts. The low half of the
 * byte before it is the packet type. -1 when the body is cut.
 *
 * Modifiers (ModEx: nanosecond offsets and what may come) are skipped. Each is
 * size-1 in a byte (or 255 and size-1 in two bytes), the data, then a byte of
 * modifier type and the next packet type.
 */
export function fourCcStart(body: Buffer, start: number, end: number): number {
  let at = start + 1;
  while (at < end && ((body[at - 1] ?? 0) & 0x0f) === MODIFIER_PACKET) {
    at = endOfModifier(body, at);
  }
  return at + 4 > end ? -1 : at;
}

function endOfModifier(body: Buffer, at: number): number {
  const size = (body[at] ?? 0) + 1;
  if (size < 256) return at + 1 + size + 1;
  return at + 3 + (body[at + 1] ?? 0) * 256 + (body[at + 2] ?? 0) + 1 + 1;
}

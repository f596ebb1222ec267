const HEADER_BYTES = 7;
const CRC_BYTES = 2;

/**
 * Access units of an ADTS file (ISO/IEC 13818-7 6.2), without their headers. A
 * last one that is cut off is left out.
 */
export function readAdts(bytes: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    if (bytes.readUInt16BE(at) >> 4 !== 0xfff) throw new Error(`no ADTS sync word at byte ${at}`);
    const length = ((bytes.readUInt8(at + 3) & 3) << 11) | (bytes.readUInt16BE(at + 4) >> 5);
    const hasCrc = (bytes.readUInt8(at + 1) & 1) === 0;
    const header = HEADER_BYTES + (hasCrc ? CRC_BYTES : 0);
    if (length < header) throw new Error(`ADTS frame of ${length} bytes at byte ${at}`);
    if (at + length > bytes.length) break;
    units.push(bytes.subarray(at + header, at + length));
    at += length;
  }
  return units;
}

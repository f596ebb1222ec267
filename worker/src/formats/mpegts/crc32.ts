const POLYNOMIAL = 0x04c11db7;

/** CRC_32 of program specific information (ISO/IEC 13818-1 annex A). A table
 * that includes its own CRC gives 0. */
export function psiCrc32(buf: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff;
  for (let i = start; i < end; i++) {
    crc ^= (buf[i] ?? 0) << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  }
  return crc >>> 0;
}

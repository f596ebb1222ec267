/** How NATS writes keys: base32 of a prefix, the key and a checksum. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const DIGIT_BITS = 5;
const BYTE_BITS = 8;
const CHECKSUM_BYTES = 2;
const POLYNOMIAL = 0x1021;

export function nkeyText(bytes: Buffer): string {
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt16LE(crc16(bytes));
  return encodeBase32(Buffer.concat([bytes, checksum]));
}

/** Undefined when it is no such text, or the checksum is another. */
export function nkeyBytes(text: string): Buffer | undefined {
  const decoded = decodeBase32(text);
  if (decoded === undefined || decoded.length <= CHECKSUM_BYTES) return undefined;
  const bytes = decoded.subarray(0, -CHECKSUM_BYTES);
  return nkeyText(bytes) === text ? bytes : undefined;
}

function encodeBase32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value & 0xff) << BYTE_BITS) | byte;
    bits += BYTE_BITS;
    for (; bits >= DIGIT_BITS; bits -= DIGIT_BITS) {
      text += ALPHABET.charAt((value >>> (bits - DIGIT_BITS)) & 0x1f);
    }
  }
  return bits === 0 ? text : text + ALPHABET.charAt((value << (DIGIT_BITS - bits)) & 0x1f);
}

function decodeBase32(text: string): Buffer | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    const digit = ALPHABET.indexOf(letter);
    if (digit < 0) return undefined;
    value = ((value & 0xff) << DIGIT_BITS) | digit;
    bits += DIGIT_BITS;
    if (bits < BYTE_BITS) continue;
    bits -= BYTE_BITS;
    bytes.push((value >>> bits) & 0xff);
  }
  return Buffer.from(bytes);
}

/** CRC-16 of XMODEM. */
function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << BYTE_BITS;
    for (let bit = 0; bit < BYTE_BITS; bit += 1) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
    }
    crc &= 0xffff;
  }
  return crc;
}

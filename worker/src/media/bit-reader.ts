/**
 * Reads bits, most significant first, of a configuration record. Past the end
 * it returns zeros and says so in `overrun`, so that parsers check once.
 */
export class BitReader {
  overrun = false;
  private position = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get remainingBits(): number {
    return Math.max(0, this.bytes.length * 8 - this.position);
  }

  /** Up to 32 bits as an unsigned number. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  skip(count: number): void {
    this.position += count;
    if (this.position > this.bytes.length * 8) this.overrun = true;
  }

  /** Unsigned Exp-Golomb code, H.264 9.1. */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros++;
      // 32 zeros is the longest legal prefix.
      if (zeros > 32 || this.overrun) {
        this.overrun = true;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Signed Exp-Golomb code, H.264 9.1.1. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  private bit(): number {
    const byte = this.bytes[this.position >>> 3];
    if (byte === undefined) {
      this.overrun = true;
      return 0;
    }
    const value = (byte >>> (7 - (this.position & 7))) & 1;
    this.position++;
    return value;
  }
}

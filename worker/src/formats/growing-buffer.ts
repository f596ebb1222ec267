const FIRST_BYTES = 1024;
/** What is kept from one use to the next; more is given back. */
const KEEP_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Gathers the pieces of one message. It grows by doubling with the bytes that
 * really came, never with a length that a peer merely announced.
 */
export class GrowingBuffer {
  bytes: Buffer = NOTHING;
  length = 0;

  append(source: Buffer, start: number, end: number): void {
    const size = end - start;
    if (size <= 0) return;
    if (this.length + size > this.bytes.length) this.grow(this.length + size);
    source.copy(this.bytes, this.length, start, end);
    this.length += size;
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEEP_BYTES) this.bytes = NOTHING;
  }

  private grow(wanted: number): void {
    let capacity = Math.max(this.bytes.length, FIRST_BYTES);
    while (capacity < wanted) capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

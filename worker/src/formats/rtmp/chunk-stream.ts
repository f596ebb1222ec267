import { GrowingBuffer } from '../growing-buffer.ts';
import { EXTENDED_TIMESTAMP, uint24 } from './chunk-header.ts';

/** What a chunk stream remembers from chunk to chunk (RTMP 1.0 section 5.3.1.2). */
export class ChunkStream {
  typeId = 0;
  streamId = 0;
  /** Of the message, without chunk headers. */
  messageBytes = 0;
  timestampMs = 0;
  /** Last timestamp or delta, used again by type 3 chunks that start a message. */
  timestampField = 0;
  isExtended = false;
  /** False until a header said type and length. */
  isKnown = false;
  /** Bytes of the current message that came; 0 between messages. */
  receivedBytes = 0;
  readonly gathered = new GrowingBuffer();

  /** What a type 3 chunk has in place of the 24-bit field. */
  fieldOrMark(): number {
    return this.isExtended ? EXTENDED_TIMESTAMP : 0;
  }

  /** Takes the fields of a message header of format 0, 1 or 2 at buf[at]. */
  readFields(buf: Buffer, at: number, format: number): void {
    this.timestampField = uint24(buf, at);
    this.isExtended = this.timestampField === EXTENDED_TIMESTAMP;
    if (format <= 1) {
      this.messageBytes = uint24(buf, at + 3);
      this.typeId = buf.readUInt8(at + 6);
      this.isKnown = true;
    }
    if (format === 0) this.streamId = buf.readUInt32LE(at + 7);
  }

  /**
   * Takes the extended timestamp at buf[at] and returns its bytes: 4, or 0 in
   * the middle of a message of an encoder that does not repeat it there.
   */
  readExtended(buf: Buffer, at: number): number {
    const value = buf.readUInt32BE(at);
    if (this.receivedBytes > 0) return value === this.timestampField ? 4 : 0;
    this.timestampField = value;
    return 4;
  }

  /**
   * A message starts: format 0 says its time, all others add to the last. Type
   * 3 behind type 0 adds that one's timestamp again (section 5.3.1.2.4).
   */
  startMessage(format: number): void {
    const base = format === 0 ? 0 : this.timestampMs;
    this.timestampMs = (base + this.timestampField) >>> 0;
  }
}

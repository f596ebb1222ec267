const PACKET_BYTES = 188;
const SYNC = 0x47;
const NULL_PID = 0x1fff;
const PAYLOAD_FLAG = 0x10;

/**
 * Follows the continuity counters of an MPEG transport stream (ISO/IEC 13818-1,
 * 2.4.3.3) over its segments: a packet that is missing or comes twice shows.
 */
export class TsContinuity {
  private readonly counters = new Map<number, number>();

  /** Throws on what is no whole packets, or no continuation of what came before. */
  push(segment: Buffer): void {
    if (segment.length === 0 || segment.length % PACKET_BYTES !== 0) {
      throw new Error(`${segment.length} bytes are no whole TS packets`);
    }
    for (let at = 0; at < segment.length; at += PACKET_BYTES) this.packet(segment, at);
  }

  private packet(segment: Buffer, at: number): void {
    if (segment.readUInt8(at) !== SYNC) throw new Error(`no sync byte at ${at}`);
    const pid = segment.readUInt16BE(at + 1) & NULL_PID;
    const flags = segment.readUInt8(at + 3);
    if (pid === NULL_PID || (flags & PAYLOAD_FLAG) === 0) return;
    const counter = flags & 0x0f;
    const last = this.counters.get(pid);
    if (last !== undefined && counter !== ((last + 1) & 0x0f)) {
      throw new Error(`PID ${pid} goes on with counter ${counter} after ${last}`);
    }
    this.counters.set(pid, counter);
  }
}

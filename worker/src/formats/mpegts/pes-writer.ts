import { SYNC_BYTE, TICKS_MODULUS, TS_PACKET_BYTES, TS_PAYLOAD_BYTES } from './layout.ts';

/** Adaptation field with flags and program clock reference. */
const PCR_FIELD_BYTES = 8;
const PCR_FLAG = 0x10;
const RANDOM_ACCESS_FLAG = 0x40;
const PES_FIXED_BYTES = 9;
const TIMESTAMP_BYTES = 5;
const PES_MAX_LENGTH = 0xffff;

/** Times of one PES packet, 90 kHz ticks below 2^33. Reused by its owner. */
export interface PesTimes {
  pts: number;
  dts: number;
  /** -1: the first packet has no clock reference. */
  pcr: number;
}

/** Bytes of a PES header, ISO/IEC 13818-1 2.4.3.6. */
export function pesHeaderBytes(hasDts: boolean): number {
  return PES_FIXED_BYTES + (hasDts ? 2 : 1) * TIMESTAMP_BYTES;
}

/** Transport packets for a PES packet of so many bytes, header included. */
export function packetsForPes(pesBytes: number, hasPcr: boolean): number {
  const first = TS_PAYLOAD_BYTES - (hasPcr ? PCR_FIELD_BYTES : 0);
  return pesBytes <= first ? 1 : 1 + Math.ceil((pesBytes - first) / TS_PAYLOAD_BYTES);
}

/**
 * Cuts one PES packet at a time into transport packets, in place in the
 * caller's buffer. The length is told first, so that stuffing goes into the
 * last packet's adaptation field and nothing is written twice.
 */
export class PesWriter {
  private out: Buffer = Buffer.alloc(0);
  private at = 0;
  private pid = 0;
  private counter = 0;
  /** Bytes of the PES packet still to come, and room in the open packet. */
  private left = 0;
  private room = 0;
  private readonly header = Buffer.alloc(PES_FIXED_BYTES + 2 * TIMESTAMP_BYTES);

  /** Aims at out[at...] before begin(). */
  target(out: Buffer, at: number, pid: number, counter: number): void {
    this.out = out;
    this.at = at;
    this.pid = pid;
    this.counter = counter;
  }

  /** `payloadBytes` of elementary stream will follow by put(). */
  begin(streamId: number, payloadBytes: number, times: PesTimes, isRandomAccess: boolean): void {
    const headerBytes = this.writeHeader(streamId, payloadBytes, times);
    this.left = headerBytes + payloadBytes;
    this.openPacket(0x40, times.pcr, isRandomAccess);
    this.put(this.header, 0, headerBytes);
  }

  put(from: Buffer, start: number, end: number): void {
    let position = start;
    while (position < end) {
      if (this.room === 0) this.openPacket(0, -1, false);
      const bytes = Math.min(this.room, end - position);
      from.copy(this.out, this.at, position, position + bytes);
      position += bytes;
      this.at += bytes;
      this.room -= bytes;
      this.left -= bytes;
    }
  }

  private openPacket(unitStart: number, pcr: number, isRandomAccess: boolean): void {
    const { out, at } = this;
    let field = pcr < 0 ? 0 : PCR_FIELD_BYTES;
    if (this.left < TS_PAYLOAD_BYTES - field) field = TS_PAYLOAD_BYTES - this.left;
    out[at] = SYNC_BYTE;
    out[at + 1] = unitStart | (this.pid >> 8);
    out[at + 2] = this.pid & 0xff;
    out[at + 3] = (field === 0 ? 0x10 : 0x30) | this.counter;
    this.counter = (this.counter + 1) & 15;
    this.at = at + TS_PACKET_BYTES - TS_PAYLOAD_BYTES;
    if (field > 0) this.writeAdaptationField(field, pcr, isRandomAccess);
    this.room = TS_PAYLOAD_BYTES - field;
  }

  /** 2.4.3.4; a field of one byte is its length 0 alone. */
  private writeAdaptationField(bytes: number, pcr: number, isRandomAccess: boolean): void {
    const { out, at } = this;
    this.at = at + bytes;
    out[at] = bytes - 1;
    if (bytes === 1) return;
    out[at + 1] = (pcr < 0 ? 0 : PCR_FLAG) | (isRandomAccess ? RANDOM_ACCESS_FLAG : 0);
    const stuffing = pcr < 0 ? at + 2 : writePcr(out, at + 2, pcr);
    out.fill(0xff, stuffing, at + bytes);
  }

  private writeHeader(streamId: number, payloadBytes: number, times: PesTimes): number {
    const { header } = this;
    const hasDts = times.dts !== times.pts;
    const bytes = pesHeaderBytes(hasDts);
    const length = bytes - 6 + payloadBytes;
    header[0] = 0;
    header[1] = 0;
    header[2] = 1;
    header[3] = streamId;
    // Video may leave its length open, and must where 16 bits do not hold it.
    header.writeUInt16BE(length > PES_MAX_LENGTH ? 0 : length, 4);
    header[6] = 0x84;
    header[7] = hasDts ? 0xc0 : 0x80;
    header[8] = bytes - PES_FIXED_BYTES;
    writeTimestamp(header, PES_FIXED_BYTES, hasDts ? 3 : 2, times.pts);
    if (hasDts) writeTimestamp(header, PES_FIXED_BYTES + TIMESTAMP_BYTES, 1, times.dts);
    return bytes;
  }
}

/** 33 bits of base, 6 reserved, 9 of extension (always 0). */
function writePcr(out: Buffer, at: number, ticks: number): number {
  const base = ticks % TICKS_MODULUS;
  out.writeUInt32BE(Math.floor(base / 2), at);
  out[at + 4] = ((base % 2) << 7) | 0x7e;
  out[at + 5] = 0;
  return at + 6;
}

/** 4 bits of prefix, then 3 + 15 + 15 bits, each with a marker behind it. */
function writeTimestamp(out: Buffer, at: number, prefix: number, ticks: number): void {
  const low = ticks % 2 ** 30;
  out[at] = (prefix << 4) | (Math.floor(ticks / 2 ** 30) << 1) | 1;
  out[at + 1] = low >> 22;
  out[at + 2] = ((low >> 14) & 0xfe) | 1;
  out[at + 3] = (low >> 7) & 0xff;
  out[at + 4] = ((low << 1) & 0xfe) | 1;
}

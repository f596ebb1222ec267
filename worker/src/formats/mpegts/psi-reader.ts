import { psiCrc32 } from './crc32.ts';
import { PAT_TABLE_ID, PMT_TABLE_ID } from './layout.ts';

/** An elementary stream as the program map table lists it. */
export interface TsStream {
  readonly pid: number;
  readonly streamType: number;
}

/** section_length of PAT and PMT is at most 1021 (ISO/IEC 13818-1 2.4.4). */
const MAX_SECTION_BYTES = 1024;
const HEADER_BYTES = 8;
const CRC_BYTES = 4;

/** Gathers the sections of one PID; hands over those whose CRC is right. */
export class SectionReader {
  private readonly bytes = Buffer.alloc(MAX_SECTION_BYTES);
  private length = -1;
  private readonly onSection: (section: Buffer) => void;

  constructor(onSection: (section: Buffer) => void) {
    this.onSection = onSection;
  }

  /** Payload of one packet, buf[start, end). */
  push(buf: Buffer, start: number, end: number, isStart: boolean): void {
    if (!isStart) {
      this.gather(buf, start, end);
      return;
    }
    const begin = start + 1 + (buf[start] ?? 0);
    if (begin > end) {
      this.length = -1;
      return;
    }
    this.gather(buf, start + 1, begin);
    this.length = 0;
    this.gather(buf, begin, end);
  }

  private gather(buf: Buffer, start: number, end: number): void {
    if (this.length < 0) return;
    const take = Math.min(end - start, MAX_SECTION_BYTES - this.length);
    buf.copy(this.bytes, this.length, start, start + take);
    this.length += take;
    if (this.length < 3) return;
    const size = 3 + (this.bytes.readUInt16BE(1) & 0xfff);
    if (size > MAX_SECTION_BYTES || size < HEADER_BYTES + CRC_BYTES) this.length = -1;
    else if (this.length >= size) this.deliver(size);
  }

  private deliver(size: number): void {
    this.length = -1;
    if (psiCrc32(this.bytes, 0, size) === 0) this.onSection(this.bytes.subarray(0, size));
  }
}

/** PID of the first program's map, -1 when there is none (2.4.4.3). */
export function readPat(section: Buffer): number {
  if (section[0] !== PAT_TABLE_ID) return -1;
  for (let at = HEADER_BYTES; at + 4 <= section.length - CRC_BYTES; at += 4) {
    // Program 0 is the network information table.
    if (section.readUInt16BE(at) !== 0) return section.readUInt16BE(at + 2) & 0x1fff;
  }
  return -1;
}

/** Undefined when the table is malformed (2.4.4.8). */
export function readPmt(section: Buffer): TsStream[] | undefined {
  const end = section.length - CRC_BYTES;
  if (section[0] !== PMT_TABLE_ID || end < HEADER_BYTES + 4) return undefined;
  const streams: TsStream[] = [];
  let at = HEADER_BYTES + 4 + (section.readUInt16BE(HEADER_BYTES + 2) & 0xfff);
  while (at + 5 <= end) {
    streams.push({ streamType: section[at] ?? 0, pid: section.readUInt16BE(at + 1) & 0x1fff });
    at += 5 + (section.readUInt16BE(at + 3) & 0xfff);
  }
  return at === end ? streams : undefined;
}

import { GrowingBuffer } from '../growing-buffer.ts';
import type { TsStream } from './psi-reader.ts';

/** One access unit, or what one PES packet carried. Reused; the data are valid
 * only during the call. Times are 90 kHz ticks, -1 when not told. */
export interface TsUnit {
  stream: TsStream;
  pts: number;
  dts: number;
  isRandomAccess: boolean;
  data: Buffer;
}

const HEADER_BYTES = 9;
const MAX_PES_BYTES = 8 * 1024 * 1024;

/** Gathers the PES packets of one PID (ISO/IEC 13818-1 2.4.3.6). */
export class PesReader {
  readonly stream: TsStream;
  private readonly gathered = new GrowingBuffer();
  private readonly unit: TsUnit;
  private readonly onUnit: (unit: TsUnit) => void;
  private isOpen = false;
  private isRandomAccess = false;

  constructor(stream: TsStream, onUnit: (unit: TsUnit) => void) {
    this.stream = stream;
    this.onUnit = onUnit;
    this.unit = { stream, pts: -1, dts: -1, isRandomAccess: false, data: Buffer.alloc(0) };
  }

  /** A packet that starts a PES packet is at hand; ends the one before. */
  start(isRandomAccess: boolean): void {
    this.flush();
    this.isOpen = true;
    this.isRandomAccess = isRandomAccess;
  }

  push(buf: Buffer, start: number, end: number): void {
    if (!this.isOpen) return;
    this.gathered.append(buf, start, end);
    if (this.gathered.length > MAX_PES_BYTES) this.drop();
    else if (this.gathered.length >= this.announcedBytes()) this.flush();
  }

  /** What was gathered is lost: packets are missing. */
  drop(): void {
    this.gathered.clear();
    this.isOpen = false;
  }

  /** The stream ends: hands over what is there. */
  flush(): void {
    if (this.isOpen) this.deliver();
    this.drop();
  }

  /** Infinity for video of open length, and while it is unknown. */
  private announcedBytes(): number {
    if (this.gathered.length < HEADER_BYTES) return Infinity;
    const length = this.gathered.bytes.readUInt16BE(4);
    return length === 0 ? Infinity : 6 + length;
  }

  private deliver(): void {
    const { bytes, length } = this.gathered;
    if (length < HEADER_BYTES || bytes.readUIntBE(0, 3) !== 1) return;
    const end = Math.min(length, this.announcedBytes());
    const dataStart = HEADER_BYTES + (bytes[8] ?? 0);
    if (dataStart > end) return;
    const { unit } = this;
    const flags = (bytes[7] ?? 0) >> 6;
    unit.pts = flags >= 2 && dataStart >= 14 ? readTicks(bytes, HEADER_BYTES) : -1;
    unit.dts = flags === 3 && dataStart >= 19 ? readTicks(bytes, HEADER_BYTES + 5) : unit.pts;
    unit.isRandomAccess = this.isRandomAccess;
    unit.data = bytes.subarray(dataStart, end);
    this.onUnit(unit);
  }
}

function readTicks(buf: Buffer, at: number): number {
  const high = ((buf[at] ?? 0) >> 1) & 7;
  const middle = buf.readUInt16BE(at + 1) >> 1;
  const low = buf.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}

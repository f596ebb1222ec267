import { NULL_PID, PAT_PID, SYNC_BYTE, TS_HEADER_BYTES, TS_PACKET_BYTES } from './layout.ts';
import { PesReader, type TsUnit } from './pes-reader.ts';
import { readPat, readPmt, SectionReader, type TsStream } from './psi-reader.ts';

export type { TsStream } from './psi-reader.ts';

export interface TsSink {
  /** The program map came or changed. */
  onProgram?(streams: readonly TsStream[]): void;
  onUnit(unit: TsUnit): void;
  /** Program clock reference, 90 kHz ticks. */
  onPcr?(ticks: number): void;
}

/** With up to 8 MB each of a PES packet under way. */
const MAX_STREAMS = 8;

/**
 * Demultiplexes a transport stream with one program as it arrives, split
 * anywhere. Never fails: bytes out of step are skipped up to the next packet,
 * a PES packet with a gap is dropped, and both are counted. A PES packet of
 * open length is handed over when the next begins, or by flush().
 */
export class TsReader {
  skippedBytes = 0;
  continuityErrors = 0;
  private readonly sink: TsSink;
  private readonly cut = Buffer.alloc(TS_PACKET_BYTES);
  private cutBytes = 0;
  private pmtPid = -1;
  private readonly pat = new SectionReader((section) => this.onPat(section));
  private readonly pmt = new SectionReader((section) => this.onPmt(section));
  private readonly streams = new Map<number, PesReader>();
  private readonly counters = new Map<number, number>();
  private program = '';
  /** Of the packet at hand. */
  private isRandomAccess = false;

  constructor(sink: TsSink) {
    this.sink = sink;
  }

  push(buf: Buffer, start: number, end: number): void {
    let at = this.cutBytes > 0 ? this.complete(buf, start, end) : start;
    while (at < end) {
      if (buf[at] !== SYNC_BYTE) {
        at++;
        this.skippedBytes++;
      } else if (at + TS_PACKET_BYTES > end) {
        this.cutBytes = buf.copy(this.cut, 0, at, end);
        return;
      } else {
        this.packet(buf, at);
        at += TS_PACKET_BYTES;
      }
    }
  }

  /** The stream ends: hands over units that no later packet completes. */
  flush(): void {
    for (const stream of this.streams.values()) stream.flush();
  }

  private complete(buf: Buffer, start: number, end: number): number {
    const take = Math.min(TS_PACKET_BYTES - this.cutBytes, end - start);
    buf.copy(this.cut, this.cutBytes, start, start + take);
    this.cutBytes += take;
    if (this.cutBytes === TS_PACKET_BYTES) {
      this.cutBytes = 0;
      this.packet(this.cut, 0);
    }
    return start + take;
  }

  private packet(buf: Buffer, at: number): void {
    const end = at + TS_PACKET_BYTES;
    const pid = buf.readUInt16BE(at + 1) & 0x1fff;
    const start = this.payloadStart(buf, at, end);
    if (start >= end || pid === NULL_PID) return;
    if (!this.isNext(pid, (buf[at + 3] ?? 0) & 15)) this.streams.get(pid)?.drop();
    const isStart = ((buf[at + 1] ?? 0) & 0x40) !== 0;
    const section = this.sectionOf(pid);
    if (section === undefined) this.media(pid, isStart)?.push(buf, start, end);
    else section.push(buf, start, end, isStart);
  }

  /** `end` or more when the packet has no payload. */
  private payloadStart(buf: Buffer, at: number, end: number): number {
    const control = buf[at + 3] ?? 0;
    const field = at + TS_HEADER_BYTES;
    this.isRandomAccess = false;
    if ((control & 0x10) === 0) return end;
    if ((control & 0x20) === 0) return field;
    this.isRandomAccess = this.adaptationField(buf, field, end);
    return field + 1 + (buf[field] ?? 0);
  }

  private sectionOf(pid: number): SectionReader | undefined {
    if (pid === PAT_PID) return this.pat;
    return pid === this.pmtPid ? this.pmt : undefined;
  }

  private media(pid: number, isStart: boolean): PesReader | undefined {
    const stream = this.streams.get(pid);
    if (isStart) stream?.start(this.isRandomAccess);
    return stream;
  }

  /** Returns random_access_indicator (2.4.3.4). */
  private adaptationField(buf: Buffer, at: number, end: number): boolean {
    const length = buf[at] ?? 0;
    const flags = buf[at + 1] ?? 0;
    if (length === 0 || at + 1 + length > end) return false;
    if ((flags & 0x10) !== 0 && length >= 7) {
      this.sink.onPcr?.(buf.readUInt32BE(at + 2) * 2 + ((buf[at + 6] ?? 0) >> 7));
    }
    return (flags & 0x40) !== 0;
  }

  private isNext(pid: number, counter: number): boolean {
    const before = this.counters.get(pid);
    const isKnown = pid === PAT_PID || pid === this.pmtPid || this.streams.has(pid);
    // Only of PIDs that matter, so that garbage does not fill the map.
    if (isKnown) this.counters.set(pid, counter);
    if (before === undefined || counter === ((before + 1) & 15)) return true;
    this.continuityErrors++;
    return false;
  }

  private onPat(section: Buffer): void {
    const pid = readPat(section);
    if (pid > 0) this.pmtPid = pid;
  }

  private onPmt(section: Buffer): void {
    const streams = readPmt(section);
    if (streams === undefined || streams.length > MAX_STREAMS) return;
    const program = streams.map(({ pid, streamType }) => `${pid}:${streamType}`).join();
    if (program === this.program) return;
    this.program = program;
    this.flush();
    this.streams.clear();
    for (const stream of streams) {
      this.streams.set(stream.pid, new PesReader(stream, (unit) => this.sink.onUnit(unit)));
    }
    this.sink.onProgram?.(streams);
  }
}

import { GrowingBuffer } from '../growing-buffer.ts';
import { flvTagBodyBytes, flvTagTimestampMs } from './tag-view.ts';
import { FLV_TAG_HEADER_BYTES, FLV_TAG_OVERHEAD } from './writer.ts';

export { emptyTagView, readFlvTag } from './tag-view.ts';

export interface FlvSink {
  /** One whole tag; the bytes are valid only during the call. */
  onTag(kind: number, timestampMs: number, buf: Buffer, bodyStart: number, bodyEnd: number): void;
  /** The file header, when there is one. */
  onHeader?(hasAudio: boolean, hasVideo: boolean): void;
}

/** Why a reader refuses further bytes. */
export type FlvError = 'not-flv' | 'tag-too-long' | 'tag-malformed';

export interface FlvReaderOptions {
  /** False for a sequence of bare tags, as in a log. Default true. */
  readonly fileHeader?: boolean;
  readonly maxBodyBytes?: number;
}

const DEFAULT_MAX_BODY_BYTES = 8 * 1024 * 1024;
/** FLV 10.1 E.2: the header says its own size, 9 in every file there is. */
const MIN_HEADER_BYTES = 9;
const MAX_HEADER_BYTES = 1024;
const PREVIOUS_TAG_SIZE_BYTES = 4;

/**
 * Reads FLV as it arrives, split anywhere. A tag that lies whole in the pushed
 * bytes is handed over in place; only cut ones are gathered.
 */
export class FlvReader {
  private readonly sink: FlvSink;
  private readonly maxBodyBytes: number;
  private readonly gathered = new GrowingBuffer();
  private inHeader: boolean;
  private failure: FlvError | undefined = undefined;

  constructor(sink: FlvSink, options: FlvReaderOptions = {}) {
    this.sink = sink;
    this.inHeader = options.fileHeader ?? true;
    this.maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  }

  /** Takes buf[start, end). An error is final: later bytes are ignored. */
  push(buf: Buffer, start: number, end: number): FlvError | undefined {
    let at = start;
    while (at < end && this.failure === undefined) {
      at = this.gathered.length > 0 ? this.fill(buf, at, end) : this.readPlain(buf, at, end);
    }
    return this.failure;
  }

  /** Hands over whole units in place, gathers the rest. */
  private readPlain(buf: Buffer, start: number, end: number): number {
    let at = start;
    for (;;) {
      const size = this.unitBytes(buf, at, end);
      if (this.failure !== undefined) return end;
      if (size === 0 || at + size > end) break;
      this.handOver(buf, at, size);
      at += size;
    }
    this.gathered.append(buf, at, end);
    return end;
  }

  /** Completes the gathered unit; returns where the bytes behind it start. */
  private fill(buf: Buffer, start: number, end: number): number {
    const gathered = this.gathered;
    const size = this.unitBytes(gathered.bytes, 0, gathered.length);
    if (this.failure !== undefined) return end;
    const wanted = size === 0 ? this.lengthPrefixBytes() : size;
    const take = Math.min(wanted - gathered.length, end - start);
    gathered.append(buf, start, start + take);
    if (size > 0 && gathered.length === size) {
      this.handOver(gathered.bytes, 0, size);
      gathered.clear();
    }
    return start + take;
  }

  /** Bytes needed before a unit's size is known. */
  private lengthPrefixBytes(): number {
    return this.inHeader ? MIN_HEADER_BYTES : FLV_TAG_HEADER_BYTES;
  }

  /** Size of the unit at buf[at], 0 while too little of it is there. */
  private unitBytes(buf: Buffer, at: number, end: number): number {
    if (end - at < this.lengthPrefixBytes()) return 0;
    return this.inHeader ? this.headerBytes(buf, at) : this.tagBytes(buf, at);
  }

  private headerBytes(buf: Buffer, at: number): number {
    const headerBytes = buf.readUInt32BE(at + 5);
    const isFlv = buf[at] === 0x46 && buf[at + 1] === 0x4c && buf[at + 2] === 0x56;
    if (!isFlv || headerBytes < MIN_HEADER_BYTES || headerBytes > MAX_HEADER_BYTES) {
      this.failure = 'not-flv';
    }
    return headerBytes + PREVIOUS_TAG_SIZE_BYTES;
  }

  private tagBytes(buf: Buffer, at: number): number {
    const bodyBytes = flvTagBodyBytes(buf, at);
    const kind = (buf[at] ?? 0) & 0x1f;
    if (kind !== 8 && kind !== 9 && kind !== 18) this.failure = 'tag-malformed';
    else if (bodyBytes > this.maxBodyBytes) this.failure = 'tag-too-long';
    return FLV_TAG_OVERHEAD + bodyBytes;
  }

  private handOver(buf: Buffer, at: number, size: number): void {
    if (this.inHeader) {
      this.inHeader = false;
      const flags = buf[at + 4] ?? 0;
      this.sink.onHeader?.((flags & 4) !== 0, (flags & 1) !== 0);
      return;
    }
    const bodyStart = at + FLV_TAG_HEADER_BYTES;
    const bodyEnd = at + size - PREVIOUS_TAG_SIZE_BYTES;
    this.sink.onTag((buf[at] ?? 0) & 0x1f, flvTagTimestampMs(buf, at), buf, bodyStart, bodyEnd);
  }
}

import {
  basicHeaderBytes,
  chunkStreamId,
  EXTENDED_TIMESTAMP,
  MAX_CHUNK_HEADER_BYTES,
  messageHeaderBytes,
  uint24,
} from './chunk-header.ts';
import { ChunkStream } from './chunk-stream.ts';
import { RTMP_DEFAULT_CHUNK_BYTES, RtmpMessageType } from './message-type.ts';

export interface RtmpMessageSink {
  /** One whole message; the bytes are valid only during the call. */
  onMessage(
    typeId: number,
    streamId: number,
    timestampMs: number,
    buf: Buffer,
    start: number,
    end: number,
  ): void;
}

/** Why a reader refuses further bytes. */
export type RtmpChunkError =
  | 'chunk-size-out-of-bounds'
  | 'message-too-long'
  | 'too-many-chunk-streams'
  | 'too-many-partial-messages'
  | 'chunk-without-header'
  | 'chunk-header-inside-message'
  | 'control-message-malformed';

export interface RtmpChunkReaderOptions {
  readonly maxMessageBytes?: number;
  readonly maxChunkStreams?: number;
}

const NOTHING = Buffer.alloc(0);
const MAX_CHUNK_BYTES = 1024 * 1024;
const DEFAULT_MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const DEFAULT_MAX_CHUNK_STREAMS = 64;

/**
 * Takes RTMP bytes as they arrive, split anywhere, and hands over messages.
 * Set Chunk Size and Abort, which concern the chunks, are obeyed here. A
 * message that lies in one chunk whole in the pushed bytes is handed over in
 * place; others are gathered, and cost memory only for bytes that really came.
 */
export class RtmpChunkReader {
  /** Where the last push stopped: its end, but for halt(). */
  position = 0;
  private readonly sink: RtmpMessageSink;
  private readonly maxMessageBytes: number;
  private readonly maxChunkStreams: number;
  private readonly streams = new Map<number, ChunkStream>();
  /** A header that was cut by the end of a push; made with the first one. */
  private header = NOTHING;
  private headerBytes = 0;
  private chunkBytes = RTMP_DEFAULT_CHUNK_BYTES;
  /** The stream whose chunk is being read, and what is missing of the chunk. */
  private current: ChunkStream | undefined = undefined;
  private missingBytes = 0;
  private gatheredBytes = 0;
  private halted = false;
  private failure: RtmpChunkError | undefined = undefined;

  constructor(sink: RtmpMessageSink, options: RtmpChunkReaderOptions = {}) {
    this.sink = sink;
    this.maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
    this.maxChunkStreams = options.maxChunkStreams ?? DEFAULT_MAX_CHUNK_STREAMS;
  }

  /** Takes buf[start, end). An error is final: later bytes are ignored. */
  push(buf: Buffer, start: number, end: number): RtmpChunkError | undefined {
    this.halted = false;
    let at = start;
    while (at < end && this.isReading()) {
      const stream = this.current;
      if (stream === undefined) at = this.readHeader(buf, at, end);
      else at = this.readPayload(stream, buf, at, end);
    }
    this.position = at;
    return this.failure;
  }

  private isReading(): boolean {
    return this.failure === undefined && !this.halted;
  }

  /** Called by the sink: push returns behind this message, see position. */
  halt(): void {
    this.halted = true;
  }

  private fail(error: RtmpChunkError, end: number): number {
    this.failure = error;
    return end;
  }

  private readHeader(buf: Buffer, at: number, end: number): number {
    if (this.headerBytes > 0) return this.completeHeader(buf, at, end);
    const size = this.parseHeader(buf, at, end);
    if (size > 0) return at + size;
    if (this.failure === undefined) {
      if (this.header.length === 0) this.header = Buffer.alloc(MAX_CHUNK_HEADER_BYTES);
      this.headerBytes = end - at;
      buf.copy(this.header, 0, at, end);
    }
    return end;
  }

  /** Few bytes at most, so it does not matter that they are read twice. */
  private completeHeader(buf: Buffer, at: number, end: number): number {
    const had = this.headerBytes;
    const taken = buf.copy(this.header, had, at, end);
    const size = this.parseHeader(this.header, 0, had + taken);
    if (size === 0) {
      this.headerBytes = had + taken;
      return end;
    }
    this.headerBytes = 0;
    return at + size - had;
  }

  /**
   * Reads the chunk header at buf[at] and enters its payload. Returns its size;
   * 0 when more bytes are needed, with nothing changed, or after a failure.
   */
  private parseHeader(buf: Buffer, at: number, end: number): number {
    const first = buf.readUInt8(at);
    const format = first >> 6;
    const fieldsAt = at + basicHeaderBytes(first);
    const afterFields = fieldsAt + messageHeaderBytes(format);
    if (afterFields > end) return 0;
    const stream = this.streamOf(chunkStreamId(buf, at), format);
    if (stream === undefined) return 0;
    const field = format === 3 ? stream.fieldOrMark() : uint24(buf, fieldsAt);
    if (field === EXTENDED_TIMESTAMP && afterFields + 4 > end) return 0;
    if (format < 3) stream.readFields(buf, fieldsAt, format);
    if (stream.messageBytes > this.maxMessageBytes) {
      this.fail('message-too-long', end);
      return 0;
    }
    const extendedBytes = field === EXTENDED_TIMESTAMP ? stream.readExtended(buf, afterFields) : 0;
    this.enterPayload(stream, format);
    return afterFields + extendedBytes - at;
  }

  /** The stream, new when need be; undefined after a failure. */
  private streamOf(id: number, format: number): ChunkStream | undefined {
    const stream = this.streams.get(id) ?? this.newStream(id);
    if (stream === undefined) return undefined;
    // Type 1 as the first is not allowed, but some clients' pings start so.
    if (format >= 2 && !stream.isKnown) this.fail('chunk-without-header', 0);
    else if (format < 3 && stream.receivedBytes > 0) this.fail('chunk-header-inside-message', 0);
    return this.failure === undefined ? stream : undefined;
  }

  private newStream(id: number): ChunkStream | undefined {
    if (this.streams.size >= this.maxChunkStreams) {
      this.fail('too-many-chunk-streams', 0);
      return undefined;
    }
    const stream = new ChunkStream();
    this.streams.set(id, stream);
    return stream;
  }

  private enterPayload(stream: ChunkStream, format: number): void {
    if (stream.receivedBytes === 0) stream.startMessage(format);
    const missing = stream.messageBytes - stream.receivedBytes;
    this.missingBytes = Math.min(this.chunkBytes, missing);
    if (missing === 0) this.deliver(stream, this.header, 0, 0);
    else this.current = stream;
  }

  private readPayload(stream: ChunkStream, buf: Buffer, at: number, end: number): number {
    const next = Math.min(end, at + this.missingBytes);
    if (next - at === stream.messageBytes) {
      this.current = undefined;
      this.deliver(stream, buf, at, next);
      return next;
    }
    this.gatheredBytes += next - at;
    if (this.gatheredBytes > this.maxMessageBytes * 2) {
      return this.fail('too-many-partial-messages', end);
    }
    stream.gathered.append(buf, at, next);
    stream.receivedBytes += next - at;
    this.missingBytes -= next - at;
    if (this.missingBytes === 0) this.leavePayload(stream);
    return next;
  }

  /** A chunk is complete, and perhaps the message with it. */
  private leavePayload(stream: ChunkStream): void {
    this.current = undefined;
    if (stream.receivedBytes < stream.messageBytes) return;
    this.deliver(stream, stream.gathered.bytes, 0, stream.messageBytes);
    this.dropPartial(stream);
  }

  private dropPartial(stream: ChunkStream): void {
    this.gatheredBytes -= stream.receivedBytes;
    stream.receivedBytes = 0;
    stream.gathered.clear();
  }

  private deliver(stream: ChunkStream, buf: Buffer, start: number, end: number): void {
    const type = stream.typeId;
    if (type === RtmpMessageType.setChunkSize || type === RtmpMessageType.abort) {
      this.control(type, buf, start, end);
    } else {
      this.sink.onMessage(type, stream.streamId, stream.timestampMs, buf, start, end);
    }
  }

  /** RTMP 1.0 sections 5.4.1 and 5.4.2. */
  private control(type: number, buf: Buffer, start: number, end: number): void {
    if (end - start < 4) {
      this.fail('control-message-malformed', end);
      return;
    }
    const value = buf.readUInt32BE(start);
    if (type === RtmpMessageType.abort) {
      const aborted = this.streams.get(value);
      if (aborted !== undefined) this.dropPartial(aborted);
    } else if (value < 1 || value > MAX_CHUNK_BYTES) {
      this.fail('chunk-size-out-of-bounds', end);
    } else {
      this.chunkBytes = value;
    }
  }
}

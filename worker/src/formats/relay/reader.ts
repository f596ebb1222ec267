import { GrowingBuffer } from '../growing-buffer.ts';
import { emptyTagView, readFlvTag } from '../flv/tag-view.ts';
import { parseRelayHello, type RelayHello } from './hello.ts';
import {
  isRelayState,
  RELAY_LENGTH_BYTES,
  RELAY_MAX_FRAME_BYTES,
  RELAY_MAX_JSON_BYTES,
  RELAY_RECORD_OVERHEAD,
  RELAY_SEQUENCE_BYTES,
  RelayKind,
  type RelayState,
} from './record.ts';
import { isRecord, parseSegmentMark, type SegmentMark } from './segment-mark.ts';

/** Where one FLV tag lies; reused, valid only during the call. */
export interface RelayTag {
  /** FLV tag type: 8, 9 or 18. */
  kind: number;
  /** 0 to 2^32-1. */
  timestampMs: number;
  body: Buffer;
  bodyStart: number;
  bodyEnd: number;
}

export interface RelaySink {
  onHello(hello: RelayHello): void;
  onFrame(sequence: number, tag: RelayTag): void;
  onMark(mark: SegmentMark): void;
  onState(state: RelayState): void;
  onHeartbeat(): void;
}

/** Why a reader refuses further bytes. */
export type RelayError = 'record-too-long' | 'record-malformed' | 'hello-missing';

/** Reads relay records as they arrive, split anywhere. */
export class RelayReader {
  private readonly sink: RelaySink;
  private readonly gathered = new GrowingBuffer();
  private readonly view = emptyTagView();
  private readonly tag: RelayTag = {
    kind: 0,
    timestampMs: 0,
    body: Buffer.alloc(0),
    bodyStart: 0,
    bodyEnd: 0,
  };
  private greeted = false;
  private failure: RelayError | undefined = undefined;

  constructor(sink: RelaySink) {
    this.sink = sink;
  }

  /** Takes buf[start, end). An error is final: later bytes are ignored. */
  push(buf: Buffer, start: number, end: number): RelayError | undefined {
    let at = start;
    while (at < end && this.failure === undefined) {
      at = this.gathered.length > 0 ? this.fill(buf, at, end) : this.readPlain(buf, at, end);
    }
    return this.failure;
  }

  private readPlain(buf: Buffer, start: number, end: number): number {
    let at = start;
    for (;;) {
      const size = this.recordBytes(buf, at, end);
      if (this.failure !== undefined) return end;
      if (size === 0 || at + size > end) break;
      if (!this.handOver(buf, at, size)) return end;
      at += size;
    }
    this.gathered.append(buf, at, end);
    return end;
  }

  private fill(buf: Buffer, start: number, end: number): number {
    const { gathered } = this;
    const size = this.recordBytes(gathered.bytes, 0, gathered.length);
    if (this.failure !== undefined) return end;
    const wanted = size === 0 ? RELAY_RECORD_OVERHEAD : size;
    const take = Math.min(wanted - gathered.length, end - start);
    gathered.append(buf, start, start + take);
    // An empty record is whole as soon as its size is known.
    const whole = this.recordBytes(gathered.bytes, 0, gathered.length);
    if (whole > 0 && gathered.length === whole && this.handOver(gathered.bytes, 0, whole)) {
      gathered.clear();
    }
    return start + take;
  }

  /** Size of the record at buf[at], 0 while its length is not there. */
  private recordBytes(buf: Buffer, at: number, end: number): number {
    if (end - at < RELAY_RECORD_OVERHEAD) return 0;
    const length = buf.readUInt32BE(at);
    const isFrame = buf[at + RELAY_LENGTH_BYTES] === RelayKind.frame;
    if (length === 0) this.failure = 'record-malformed';
    if (length > (isFrame ? RELAY_MAX_FRAME_BYTES : RELAY_MAX_JSON_BYTES)) {
      this.failure = 'record-too-long';
    }
    return RELAY_LENGTH_BYTES + length;
  }

  /** False when the record cannot be what it says. */
  private handOver(buf: Buffer, at: number, size: number): boolean {
    const kind = buf[at + RELAY_LENGTH_BYTES];
    const start = at + RELAY_RECORD_OVERHEAD;
    const end = at + size;
    if (!this.greeted && kind !== RelayKind.hello) {
      this.failure = 'hello-missing';
    } else if (kind === RelayKind.frame) {
      this.handOverFrame(buf, start, end);
    } else if (kind === RelayKind.heartbeat) {
      this.sink.onHeartbeat();
    } else if (kind === RelayKind.hello || kind === RelayKind.mark || kind === RelayKind.state) {
      this.handOverJson(kind, buf.toString('utf8', start, end));
    }
    return this.failure === undefined;
  }

  private handOverFrame(buf: Buffer, start: number, end: number): void {
    const { tag, view } = this;
    const tagAt = start + RELAY_SEQUENCE_BYTES;
    if (tagAt > end || readFlvTag(buf, tagAt, end, view) !== end - tagAt) {
      this.failure = 'record-malformed';
      return;
    }
    tag.kind = view.kind;
    tag.timestampMs = view.timestampMs;
    tag.body = buf;
    tag.bodyStart = view.bodyStart;
    tag.bodyEnd = view.bodyEnd;
    this.sink.onFrame(buf.readUIntBE(start, RELAY_SEQUENCE_BYTES), tag);
  }

  private handOverJson(kind: RelayKind, text: string): void {
    const value = parseJson(text);
    if (kind === RelayKind.hello) this.handOverHello(parseRelayHello(value));
    else if (kind === RelayKind.mark) this.handOverMark(parseSegmentMark(value));
    else this.handOverState(isRecord(value) ? value['state'] : undefined);
  }

  private handOverHello(hello: RelayHello | undefined): void {
    if (hello === undefined) {
      this.failure = 'record-malformed';
      return;
    }
    this.greeted = true;
    this.sink.onHello(hello);
  }

  private handOverMark(mark: SegmentMark | undefined): void {
    if (mark === undefined) this.failure = 'record-malformed';
    else this.sink.onMark(mark);
  }

  private handOverState(state: unknown): void {
    if (isRelayState(state)) this.sink.onState(state);
    else this.failure = 'record-malformed';
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

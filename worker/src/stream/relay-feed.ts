import { parseTagBody } from '../formats/flv/tag-body.ts';
import type { RelayHello } from '../formats/relay/hello.ts';
import {
  RelayReader,
  type RelayError,
  type RelaySink,
  type RelayTag,
} from '../formats/relay/reader.ts';
import type { RelayState } from '../formats/relay/record.ts';
import type { SegmentMark } from '../formats/relay/segment-mark.ts';
import { emptyFrame, FrameKind } from '../media/frame.ts';
import type { RelaySource } from './relay-source.ts';

/** Why a feed takes no more bytes. */
export type FeedError = RelayError | 'other-incarnation';

/** Feeds what an upstream worker sends into the stream that follows it. */
export class RelayFeed implements RelaySink {
  private readonly source: RelaySource;
  private readonly reader: RelayReader;
  private readonly frame = emptyFrame();
  private isForeign = false;
  private hasHello = false;

  constructor(source: RelaySource) {
    this.source = source;
    this.reader = new RelayReader(this);
  }

  /** The upstream has said what it has. */
  get isGreeted(): boolean {
    return this.hasHello;
  }

  /** Takes bytes in any pieces. After an error close the source. */
  push(buf: Buffer, start: number, end: number): FeedError | undefined {
    const error = this.reader.push(buf, start, end);
    return this.isForeign ? 'other-incarnation' : error;
  }

  onHello(hello: RelayHello): void {
    if (!this.source.hello(hello, !this.hasHello)) this.isForeign = true;
    this.hasHello = true;
  }

  onFrame(sequence: number, tag: RelayTag): void {
    const { frame } = this;
    const { kind, body, bodyStart, bodyEnd } = tag;
    if (this.isForeign || !isFrameKind(kind)) return;
    if (!parseTagBody(kind, body, bodyStart, bodyEnd, frame)) return;
    frame.dtsMs = tag.timestampMs;
    this.source.append(frame, sequence, tag.timestampMs);
  }

  onMark(mark: SegmentMark): void {
    if (!this.isForeign) this.source.mark(mark);
  }

  onState(state: RelayState): void {
    if (!this.isForeign) this.source.state(state);
  }

  onHeartbeat(): void {
    // That bytes came is all it says; the connection's owner sees them.
  }
}

function isFrameKind(kind: number): kind is FrameKind {
  return kind === FrameKind.audio || kind === FrameKind.video || kind === FrameKind.data;
}

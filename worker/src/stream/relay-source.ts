import { parseTagBody } from '../formats/flv/tag-body.ts';
import type { HelloTrack, RelayHello } from '../formats/relay/hello.ts';
import type { RelayState } from '../formats/relay/record.ts';
import type { SegmentMark } from '../formats/relay/segment-mark.ts';
import { emptyFrame, type Frame, type FrameKind } from '../media/frame.ts';
import { trackFromFrame } from '../media/track-from-frame.ts';
import { LOST_FRAMES } from './continuation.ts';
import { dtsFromFlvTimestamp } from './flv-clock.ts';
import type { Ingest } from './ingest.ts';
import type { TrackEntry, TrackHistory } from './tracks.ts';

/**
 * Why a relay is over: the upstream does not answer, another upstream is taken,
 * nobody reads here any more, the stream is over.
 */
export type RelayCloseReason = 'lost' | 'moved' | 'unread' | 'ended';

/** A stream of another worker, followed here. Takes numbers, time, marks as given. */
export interface RelaySource {
  /** First thing on every connection. False: it is another run of the stream,
   * which cannot be joined to this one; close with `ended` and open anew. */
  hello(hello: RelayHello): boolean;
  /** timestampMs of the FLV tag, 32 bits. Frames known already are dropped. */
  append(frame: Frame, sequence: number, timestampMs: number): void;
  /** Comes right before the frame it names. */
  mark(mark: SegmentMark): void;
  state(state: RelayState): void;
  close(reason: RelayCloseReason): void;
  /** What to ask the upstream for; undefined: whatever its window holds. */
  readonly nextSequence: number | undefined;
  readonly isCaughtUp: boolean;
  readonly duplicates: number;
  /** Frames that the upstream could not give any more. */
  readonly missedFrames: number;
  readonly lastAppendAtMs: number;
}

/** What a source that follows does to its stream. */
export interface FollowTarget {
  adopt(hello: RelayHello): boolean;
  onUpstreamState(state: RelayState | 'idle'): void;
  onCaughtUp(): void;
  onSourceClosed(source: FollowSource, reason: RelayCloseReason): void;
}

export class FollowSource implements RelaySource {
  duplicates = 0;
  missedFrames = 0;
  /** Newest frame of the upstream when it was attached; Infinity before that. */
  headSequence = Infinity;
  private readonly ingest: Ingest;
  private readonly tracks: TrackHistory;
  private readonly target: FollowTarget;
  private nextMark: SegmentMark | undefined = undefined;
  private nearDtsMs = 0;
  private isClosed = false;
  private wasCaughtUp = false;

  constructor(ingest: Ingest, tracks: TrackHistory, target: FollowTarget) {
    this.ingest = ingest;
    this.tracks = tracks;
    this.target = target;
  }

  get nextSequence(): number | undefined {
    return this.ingest.nextSequence < 0 ? undefined : this.ingest.nextSequence;
  }

  get isCaughtUp(): boolean {
    return this.ingest.nextSequence > this.headSequence;
  }

  get lastAppendAtMs(): number {
    return this.ingest.lastFrameAtMs;
  }

  hello(hello: RelayHello): boolean {
    if (this.isClosed || this.isOfLostClaim(hello) || !this.target.adopt(hello)) return false;
    this.headSequence = hello.headSequence;
    this.wasCaughtUp = false;
    this.nextMark = undefined;
    this.nearDtsMs = hello.nearDtsMs;
    if (this.ingest.nextSequence < 0) this.ingest.nextSequence = hello.fromSequence;
    for (const track of hello.tracks) this.tracks.restore(entryFrom(track));
    if (hello.metadata !== undefined) this.tracks.metadata ??= fromBase64(hello.metadata);
    this.target.onUpstreamState(hello.state);
    this.checkCaughtUp();
    return true;
  }

  append(frame: Frame, sequence: number, timestampMs: number): void {
    const { ingest } = this;
    if (this.isClosed) return;
    if (sequence < ingest.nextSequence) {
      this.duplicates += 1;
      return;
    }
    if (sequence > ingest.nextSequence) {
      this.missedFrames += sequence - ingest.nextSequence;
      ingest.missed();
    }
    ingest.nextSequence = sequence;
    const nearMs = ingest.lastDtsMs < 0 ? this.nearDtsMs : ingest.lastDtsMs;
    ingest.note(frame, sequence);
    const dtsMs = dtsFromFlvTimestamp(timestampMs, nearMs);
    if (!ingest.put(frame, dtsMs, this.markAt(sequence))) {
      // No room for it here; its number is used up upstream.
      ingest.nextSequence = sequence + 1;
      ingest.missed();
    }
    if (!this.wasCaughtUp) this.checkCaughtUp();
  }

  mark(mark: SegmentMark): void {
    if (this.isClosed || mark.frameSequence < this.ingest.nextSequence) return;
    this.nextMark = mark;
  }

  state(state: RelayState): void {
    if (!this.isClosed) this.target.onUpstreamState(state);
  }

  close(reason: RelayCloseReason): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.target.onSourceClosed(this, reason);
  }

  /** Another source took over; nobody needs to be told. */
  detach(): void {
    this.isClosed = true;
  }

  /** This copy is of a publisher that went on where the stream's ingest worker seemed to
   * be dead, and had to yield to it: until the upstream has reached the numbers that
   * were left out, everything that comes would be taken for known. */
  private isOfLostClaim({ headSequence }: RelayHello): boolean {
    return headSequence >= 0 && this.ingest.nextSequence - headSequence > LOST_FRAMES / 2;
  }

  private markAt(sequence: number): SegmentMark | undefined {
    const mark = this.nextMark;
    if (mark === undefined || mark.frameSequence > sequence) return undefined;
    this.nextMark = undefined;
    // The first frames of its segment are missing: it would not be that segment.
    return mark.frameSequence === sequence ? mark : undefined;
  }

  private checkCaughtUp(): void {
    if (this.wasCaughtUp || !this.isCaughtUp) return;
    this.wasCaughtUp = true;
    this.target.onCaughtUp();
  }
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

function entryFrom(track: HelloTrack): TrackEntry {
  const body = fromBase64(track.body);
  const kind = track.kind as FrameKind;
  const frame = emptyFrame();
  frame.kind = kind;
  parseTagBody(kind, body, 0, body.length, frame);
  return {
    sequence: track.sequence,
    kind,
    codec: frame.codec,
    isConfig: frame.isConfig,
    body,
    track: trackFromFrame(frame),
  };
}

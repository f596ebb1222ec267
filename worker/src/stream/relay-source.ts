import { parseTagBody } from '../formats/flv/tag-body.ts';
import type { HelloTrack, RelayHello } from '../formats/relay/hello.ts';
import type { RelayState } from '../formats/relay/record.ts';
import type { SegmentMark } from '../formats/relay/segment-mark.ts';
import { emptyFrame, FrameKind, type Frame } from '../media/frame.ts';
import { trackFromFrame } from '../media/track-from-frame.ts';
import { dtsFromFlvTimestamp } from './flv-clock.ts';
import type { Ingest } from './ingest.ts';
import type { HelloKind } from './numbering.ts';
import type { TrackEntry, TrackHistory } from './tracks.ts';

/**
 * Why a relay is over: the upstream does not answer, another upstream is taken,
 * nobody reads here any more, the stream is over.
 */
export type RelayCloseReason = 'lost' | 'moved' | 'unread' | 'ended';

/** A stream of another worker, followed here. Takes numbers, time, marks as given. */
export interface RelaySource {
  /** First thing on every connection, and again when there is more to say: the
   * stream's place changed, it goes on with another branch. False: it is another run
   * of the stream, which cannot be joined to this one; close with `ended` and open
   * anew. isFirst: on this connection. */
  hello(hello: RelayHello, isFirst: boolean): boolean;
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
  adopt(hello: RelayHello): HelloKind;
  /** Nobody has the frames between these two. */
  isLost(fromDtsMs: number, toDtsMs: number): boolean;
  /** What the hello says is in force, and so numbered. */
  onHello(): void;
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
  /** Nothing older goes on where another branch was. */
  private floorDtsMs = -1;
  private awaitsKey = false;

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

  hello(hello: RelayHello, isFirst: boolean): boolean {
    if (this.isClosed) return false;
    const kind = this.target.adopt(hello);
    if (kind === 'other-run') return false;
    this.noteHead(hello, isFirst || kind === 'other-branch');
    this.wasCaughtUp = false;
    this.nextMark = undefined;
    this.nearDtsMs = hello.nearDtsMs;
    if (this.ingest.nextSequence < 0) this.ingest.nextSequence = hello.fromSequence;
    if (kind === 'other-branch') this.changeBranch(hello);
    for (const track of hello.tracks) this.tracks.restore(entryFrom(track));
    if (hello.metadata !== undefined) this.tracks.metadata ??= fromBase64(hello.metadata);
    this.target.onUpstreamState(hello.state);
    this.target.onHello();
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
    const nearMs = ingest.lastDtsMs < 0 ? this.nearDtsMs : ingest.lastDtsMs;
    const dtsMs = dtsFromFlvTimestamp(timestampMs, nearMs);
    if (sequence > ingest.nextSequence) {
      this.missedFrames += sequence - ingest.nextSequence;
      ingest.missed(this.target.isLost(ingest.lastDtsMs, dtsMs));
    }
    ingest.nextSequence = sequence;
    ingest.note(frame, sequence);
    if (!this.passes(frame, dtsMs)) {
      ingest.nextSequence = sequence + 1;
      return;
    }
    if (!ingest.put(frame, Math.max(dtsMs, this.floorDtsMs), this.markAt(sequence))) {
      // No room for it here; its number is used up upstream.
      ingest.nextSequence = sequence + 1;
      ingest.missed(false);
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

  /**
   * Another publisher went on with the run beside the one that was followed here, and
   * stays. Its numbers are no continuation of ours; time must be: viewers follow at
   * its next key frame that is not older than what they have.
   */
  private changeBranch({ fromSequence, tracks }: RelayHello): void {
    const { ingest } = this;
    ingest.beginAnew();
    this.floorDtsMs = Math.max(0, ingest.lastDtsMs);
    this.awaitsKey = tracks.some(({ kind }) => kind === FrameKind.video);
    const frames = tracks.map(frameFrom).filter(({ isConfig }) => isConfig);
    ingest.nextSequence = Math.max(0, fromSequence - frames.length);
    this.tracks.renumber(ingest.nextSequence);
    for (const frame of frames) {
      ingest.note(frame, ingest.nextSequence);
      ingest.put(frame, this.floorDtsMs, undefined);
    }
    ingest.nextSequence = fromSequence;
  }

  /** False: it belongs to what viewers here do not follow any more, or not yet. */
  private passes(frame: Frame, dtsMs: number): boolean {
    if (frame.isConfig) return true;
    if (dtsMs < this.floorDtsMs) return false;
    if (!this.awaitsKey) return true;
    this.awaitsKey = frame.kind !== FrameKind.video || !frame.isKey;
    return !this.awaitsKey;
  }

  /** A later hello was written long ago, where the relay has not caught up. */
  private noteHead({ headSequence }: RelayHello, isNew: boolean): void {
    if (isNew || headSequence > this.headSequence) this.headSequence = headSequence;
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

function frameFrom(track: HelloTrack): Frame {
  const body = fromBase64(track.body);
  const frame = emptyFrame();
  frame.kind = track.kind as FrameKind;
  parseTagBody(frame.kind, body, 0, body.length, frame);
  return frame;
}

function entryFrom(track: HelloTrack): TrackEntry {
  const frame = frameFrom(track);
  return {
    sequence: track.sequence,
    kind: frame.kind,
    codec: frame.codec,
    isConfig: frame.isConfig,
    body: frame.body,
    track: trackFromFrame(frame),
  };
}

import type { SegmentMark } from '../formats/relay/segment-mark.ts';

/** A segment that began. It is complete when the next one began, or the end came. */
export interface Segment {
  readonly mark: SegmentMark;
  /** Of its first frame in the FLV log. */
  readonly flvPosition: number;
  /** Of its first packet in the TS log; -1 while there is none. */
  tsPosition: number;
  /** Behind its last packet; -1 while there is none. */
  tsEnd: number;
  /** -1 while it is not complete. */
  durationMs: number;
  /** Frames of it are missing: it is listed as a gap, without pictures, or not at all. */
  isBroken: boolean;
  /** They are missing on every worker. */
  isLost: boolean;
}

/** Complete segments kept behind those a playlist shows, for slow players. */
const EXTRA_SEGMENTS = 2;

/** The segments whose frames are still kept, oldest first. */
export class SegmentList {
  private segments: Segment[] = [];
  private newestTargetSeconds = 0;
  private last: SegmentMark | undefined = undefined;

  get all(): readonly Segment[] {
    return this.segments;
  }

  get newest(): Segment | undefined {
    return this.segments.at(-1);
  }

  /** Of the newest that ever began here, kept or not. */
  get lastMark(): SegmentMark | undefined {
    return this.last;
  }

  get oldest(): Segment | undefined {
    return this.segments[0];
  }

  get targetDurationSeconds(): number {
    return this.newestTargetSeconds;
  }

  /** Begins a segment, completes the one before. Undefined: known already. */
  begin(mark: SegmentMark, flvPosition: number): Segment | undefined {
    this.dropUnknownTo(mark);
    const { newest } = this;
    if (newest !== undefined && mark.sequence <= newest.mark.sequence) return undefined;
    if (newest !== undefined && continues(newest, mark)) completeBy(newest, mark);
    else this.segments = [];
    this.newestTargetSeconds = mark.targetDurationSeconds;
    this.last = mark;
    const place = { flvPosition, tsPosition: -1, tsEnd: -1 };
    const segment = { mark, ...place, durationMs: -1, isBroken: false, isLost: false };
    this.segments.push(segment);
    return segment;
  }

  /** Whoever goes on where an ingest worker died may not know that the newest segment
   * had begun: it gives its number away again. What is here of it is part of the gap. */
  private dropUnknownTo({ sequence, frameSequence }: SegmentMark): void {
    const { newest } = this;
    if (newest?.isLost !== true || newest.mark.sequence !== sequence) return;
    if (newest.mark.frameSequence === frameSequence) return;
    this.segments.pop();
    const before = this.newest;
    if (before === undefined) return;
    before.durationMs = -1;
    before.isBroken = before.isLost = true;
  }

  /** Frames of the newest segment are missing; isLost: on every worker. */
  breakNewest(isLost: boolean): void {
    const { newest } = this;
    if (newest === undefined || newest.durationMs >= 0) return;
    newest.isBroken = true;
    newest.isLost ||= isLost;
  }

  /** The stream is over: what is there of the newest segment is all of it, unless others
   * have more. */
  end(lastDtsMs: number, segmentSeconds: number): void {
    const { newest } = this;
    if (newest === undefined || newest.durationMs >= 0) return;
    if (newest.isBroken && !newest.isLost) return;
    complete(newest, lastDtsMs);
    if (this.newestTargetSeconds === 0) {
      this.newestTargetSeconds = Math.max(segmentSeconds, Math.ceil(newest.durationMs / 1000));
    }
  }

  /** The complete segments that a playlist shows; the first one has pictures. */
  window(segments: number): Segment[] {
    const shown = this.segments.filter(({ durationMs }) => durationMs >= 0).slice(-segments);
    const first = shown.findIndex(({ isBroken }) => !isBroken);
    return first < 0 ? [] : shown.slice(first);
  }

  /** First segment a new relay needs so that it can show the same playlist. */
  relayStart(segments: number): Segment | undefined {
    return this.window(segments)[0] ?? this.oldest;
  }

  find(sequence: number): Segment | undefined {
    const first = this.segments[0]?.mark.sequence ?? 0;
    const segment = this.segments[sequence - first];
    return segment?.mark.sequence === sequence
      ? segment
      : this.segments.find(({ mark }) => mark.sequence === sequence);
  }

  before(segment: Segment): Segment | undefined {
    return this.segments[this.segments.indexOf(segment) - 1];
  }

  /** Forgets what no playlist shows any more. */
  trim(segments: number): void {
    const excess = this.segments.length - (segments + EXTRA_SEGMENTS + 1);
    if (excess > 0) this.segments.splice(0, excess);
  }

  clear(): void {
    this.segments = [];
  }

  /** Forgets what the FLV log no longer holds from its beginning on. */
  dropBefore(flvPosition: number): void {
    this.segments = this.segments.filter((segment) => segment.flvPosition >= flvPosition);
  }

  forgetTs(): void {
    for (const segment of this.segments) {
      segment.tsPosition = -1;
      segment.tsEnd = -1;
    }
  }
}

/**
 * A playlist numbers its segments without gaps. Frames that died with their ingest worker
 * nobody has: all list their segment alike. Other missing frames are missing here only.
 */
function continues(newest: Segment, mark: SegmentMark): boolean {
  if (mark.sequence !== newest.mark.sequence + 1) return false;
  return !newest.isBroken || newest.isLost;
}

/** A gap spans time that nobody played: it is shown no longer than a playlist may show
 * anything (RFC 8216 section 4.3.3.1). */
function completeBy(segment: Segment, { dtsMs, targetDurationSeconds }: SegmentMark): void {
  complete(segment, dtsMs);
  const mostMs = Math.max(1, targetDurationSeconds * 1_000);
  if (segment.isBroken) segment.durationMs = Math.min(segment.durationMs, mostMs);
}

function complete(segment: Segment, endDtsMs: number): void {
  segment.durationMs = Math.max(1, endDtsMs - segment.mark.dtsMs);
}

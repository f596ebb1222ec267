import type { SegmentMark } from '../formats/relay/segment-mark.ts';
import { FrameKind, type Frame } from '../media/frame.ts';
import { Bitrate } from './bitrate.ts';
import type { Clock } from './clock.ts';
import { emptyStoredFrame, type FrameStore } from './frame-store.ts';
import type { PackageMeter } from './package-meter.ts';
import type { SlowViewers } from './slow-viewers.ts';
import { StartPolicy } from './start-policy.ts';
import type { TrackHistory } from './tracks.ts';

export interface IngestOptions {
  readonly store: FrameStore;
  readonly tracks: TrackHistory;
  readonly clock: Clock;
  readonly slow: SlowViewers;
  readonly packaging: PackageMeter;
  /** After every frame that was stored. */
  readonly onFrame: (isStart: boolean) => void;
  /** A segment began, the one before is complete; or they were forgotten. */
  readonly onSegment: () => void;
}

/** A second track is waited for this long, in media time or by the clock. */
const TRACK_WAIT_MEDIA_MS = 500;
const TRACK_WAIT_CLOCK_MS = 1_000;

/** Where the frames of every source come in, one at a time, numbered and timed. */
export class Ingest {
  readonly bitrate = new Bitrate();
  nextSequence = -1;
  lastDtsMs = -1;
  lastFrameAtMs = -Infinity;
  private readonly options: IngestOptions;
  private readonly stored = emptyStoredFrame();
  private readonly starts = new StartPolicy();
  private firstMediaDtsMs = -1;
  private firstMediaAtMs = 0;

  constructor(options: IngestOptions) {
    this.options = options;
  }

  /** Learns of tracks. True when a configuration changed. */
  note(frame: Frame, sequence: number): boolean {
    return this.options.tracks.note(frame, sequence);
  }

  /** Stores a frame that note() has seen; with `mark` it begins a segment. */
  put(frame: Frame, dtsMs: number, mark: SegmentMark | undefined): boolean {
    const { store, tracks, clock, slow, onFrame, onSegment } = this.options;
    const { stored, starts } = this;
    this.lastFrameAtMs = clock.nowMs();
    stored.frame = frame;
    stored.sequence = this.nextSequence;
    stored.dtsMs = dtsMs;
    stored.isStart = starts.isStart(frame, dtsMs, tracks.hasVideo);
    stored.isForced = stored.isStart && starts.isForced;
    stored.floorDtsMs = starts.floorDtsMs;
    if (mark !== undefined && store.begin(mark) !== undefined) onSegment();
    if (!this.append()) {
      slow.droppedFrame();
      return false;
    }
    this.nextSequence += 1;
    this.noteTime(frame, dtsMs);
    onFrame(stored.isStart);
    return true;
  }

  /** Frames are missing, so that the newest segment is not whole; isLost: on every
   * worker. */
  missed(isLost: boolean): void {
    this.options.store.breakSegment(isLost);
    this.options.onSegment();
  }

  /** The same, and what is here is no part of what comes: nobody new starts with it. */
  beginAnew(): void {
    this.options.store.beginAnew();
    this.options.onSegment();
  }

  /** There is a point to start at, and no track is likely still to come. */
  isReady(): boolean {
    const { store, tracks } = this.options;
    const newest = store.main.starts.newest();
    if (newest === undefined || newest.sequence < tracks.videoSinceSequence) return false;
    if (tracks.hasVideo && tracks.hasAudio) return true;
    return this.hasWaited();
  }

  private append(): boolean {
    const { store, clock, packaging } = this.options;
    const { bitsPerSecond } = this.bitrate;
    if (!packaging.isDue()) return store.append(this.stored, bitsPerSecond);
    const beganMs = clock.nowMs();
    const isStored = store.append(this.stored, bitsPerSecond);
    packaging.note(clock.nowMs() - beganMs);
    return isStored;
  }

  private hasWaited(): boolean {
    if (this.firstMediaDtsMs < 0) return false;
    if (this.lastDtsMs - this.firstMediaDtsMs >= TRACK_WAIT_MEDIA_MS) return true;
    return this.options.clock.nowMs() - this.firstMediaAtMs >= TRACK_WAIT_CLOCK_MS;
  }

  private noteTime(frame: Frame, dtsMs: number): void {
    this.bitrate.add(frame.bodyEnd - frame.bodyStart, dtsMs);
    if (dtsMs > this.lastDtsMs) this.lastDtsMs = dtsMs;
    if (this.firstMediaDtsMs >= 0 || frame.isConfig || frame.kind === FrameKind.data) return;
    this.firstMediaDtsMs = dtsMs;
    this.firstMediaAtMs = this.lastFrameAtMs;
  }
}

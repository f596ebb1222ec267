import { FrameKind } from '../media/frame.ts';

/** Distance to the last frame before a break: about one frame. */
const BREAK_GAP_MS = 33;
/** A track that goes back further than this, or on further, starts anew. */
const MAX_BACKWARD_MS = 1_000;
const MAX_FORWARD_MS = 10_000;
/** A session's tracks may start this far apart. */
const MAX_TRACK_OFFSET_MS = 10_000;

const UNKNOWN = -1;

/**
 * Turns a publisher's 32-bit timestamps into the stream's own time, which
 * starts at 0, never goes back within a track, does not wrap, and goes on
 * without a hole when a publisher returns or its clock jumps.
 */
export class Timeline {
  private lastVideoMs = UNKNOWN;
  private lastAudioMs = UNKNOWN;
  /** What is added to this session's unwrapped timestamps. */
  private offsetMs = 0;
  private rawMs = 0;
  private started = false;
  private videoStarted = false;
  private audioStarted = false;
  private latestMs: number;

  /** lastDtsMs: where an earlier part of the stream ended, -1 for none. */
  constructor(lastDtsMs: number) {
    this.latestMs = lastDtsMs;
    this.lastVideoMs = lastDtsMs;
    this.lastAudioMs = lastDtsMs;
  }

  /** Largest time given out, -1 before the first. */
  get lastDtsMs(): number {
    return this.latestMs;
  }

  /** Time of frames that are no picture and no sound: it stands still. */
  hold(): number {
    return Math.max(0, this.latestMs);
  }

  /** A publisher (re)starts: its first timestamp goes on where time stands. */
  startSession(): void {
    this.started = false;
    this.videoStarted = false;
    this.audioStarted = false;
  }

  /** timestampMs: of a picture or sound, 0 to 2^32-1. */
  map(kind: FrameKind, timestampMs: number): number {
    if (!this.started) this.anchor(timestampMs);
    // Signed distance to the timestamp before, so that 2^32 wraps unseen.
    this.rawMs += (timestampMs - this.rawMs) | 0;
    if (!this.isPlausible(kind, this.rawMs + this.offsetMs)) this.rebase();
    return this.advance(kind, this.rawMs + this.offsetMs);
  }

  private anchor(timestampMs: number): void {
    this.started = true;
    this.rawMs = timestampMs;
    this.rebase();
  }

  /** Puts the present timestamp right behind the latest one. */
  private rebase(): void {
    const nextMs = this.latestMs < 0 ? 0 : this.latestMs + BREAK_GAP_MS;
    this.offsetMs = nextMs - this.rawMs;
  }

  private isPlausible(kind: FrameKind, dtsMs: number): boolean {
    const isVideo = kind === FrameKind.video;
    if (!(isVideo ? this.videoStarted : this.audioStarted)) {
      return Math.abs(dtsMs - this.latestMs) <= MAX_TRACK_OFFSET_MS;
    }
    // A track that was silent for long comes back beside the other one.
    if (Math.abs(dtsMs - this.latestMs) <= MAX_BACKWARD_MS) return true;
    const lastMs = isVideo ? this.lastVideoMs : this.lastAudioMs;
    return dtsMs >= lastMs - MAX_BACKWARD_MS && dtsMs <= lastMs + MAX_FORWARD_MS;
  }

  private advance(kind: FrameKind, dtsMs: number): number {
    const isVideo = kind === FrameKind.video;
    const outMs = Math.max(0, dtsMs, isVideo ? this.lastVideoMs : this.lastAudioMs);
    if (isVideo) {
      this.lastVideoMs = outMs;
      this.videoStarted = true;
    } else {
      this.lastAudioMs = outMs;
      this.audioStarted = true;
    }
    if (outMs > this.latestMs) this.latestMs = outMs;
    return outMs;
  }
}

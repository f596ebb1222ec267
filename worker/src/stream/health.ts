import { FrameKind, type Frame } from '../media/frame.ts';
import type { PublisherTotals } from './publisher-totals.ts';

/** How a publisher sends, as of its last seconds. */
export interface HealthFacts {
  /** Pictures a second of media time; 0 without video. */
  readonly framesPerSecond: number;
  /** From key frame to key frame; since the last one, where that is longer. */
  readonly keyIntervalMs: number;
  /** How far audio is ahead of video in what arrived; 0 while one of them is missing. */
  readonly driftMs: number;
  readonly hasAudioAndVideo: boolean;
  /** Media time that arrives in a second, in seconds: 1 is real time. 0: not known yet. */
  readonly pace: number;
  /** Since the last frame, by the clock. */
  readonly silentMs: number;
  /** Since the publisher came: jumps of a track's timestamps forward, and steps back. */
  readonly gaps: number;
  readonly stepsBack: number;
}

/** Figures are of so much media time, or of so much of the clock. */
const WINDOW_MS = 2_000;
const PACE_WINDOW_MS = 5_000;
/** A longer step forward is a gap. */
const GAP_MS = 1_000;
/** Of the newest difference between audio and video. */
const DRIFT_SMOOTHING = 0.05;

const UNKNOWN = -1;

/** Looks at every frame of a publisher once, as it arrives, and allocates nothing. */
export class Health {
  private pictures = 0;
  private picturesSinceMs = 0;
  private framesPerSecond = 0;
  /** Media time of each track, without jumps and steps back. */
  private videoMs = UNKNOWN;
  private audioMs = UNKNOWN;
  /** Timestamps of the newest frames. */
  private rawVideoMs = 0;
  private rawAudioMs = 0;
  private keyAtMs = UNKNOWN;
  private keyIntervalMs = 0;
  private driftMs = 0;
  private paceSinceMs = UNKNOWN;
  private paceFromMs = 0;
  private pace = 0;
  private seenAtMs: number;
  private gaps = 0;
  private stepsBack = 0;
  private readonly totals: PublisherTotals;

  constructor(nowMs: number, totals: PublisherTotals) {
    this.seenAtMs = nowMs;
    this.totals = totals;
  }

  /** frame.dtsMs as received, 32 bits. */
  note(frame: Frame, nowMs: number): void {
    this.seenAtMs = nowMs;
    if (frame.isConfig || frame.kind === FrameKind.data) return;
    if (frame.kind === FrameKind.video) this.notePicture(frame);
    else this.noteSound(frame);
    this.noteDrift();
    this.notePace(nowMs);
  }

  facts(nowMs: number): HealthFacts {
    const hasAudioAndVideo = this.videoMs >= 0 && this.audioMs >= 0;
    return {
      framesPerSecond: this.framesPerSecond,
      keyIntervalMs: this.presentKeyIntervalMs,
      driftMs: hasAudioAndVideo ? Math.round(this.driftMs) : 0,
      hasAudioAndVideo,
      pace: this.pace,
      silentMs: Math.max(0, Math.round(nowMs - this.seenAtMs)),
      ...{ gaps: this.gaps, stepsBack: this.stepsBack },
    };
  }

  /** One that is late counts as late as it is. */
  private get presentKeyIntervalMs(): number {
    return Math.max(this.keyIntervalMs, this.videoMs - Math.max(0, this.keyAtMs), 0);
  }

  private notePicture({ dtsMs, isKey }: Frame): void {
    if (this.videoMs < 0) {
      this.videoMs = 0;
      // Video tells the time from now on.
      this.paceSinceMs = UNKNOWN;
    } else this.videoMs += this.judged((dtsMs - this.rawVideoMs) | 0);
    this.rawVideoMs = dtsMs;
    if (isKey) {
      if (this.keyAtMs >= 0) this.keyIntervalMs = this.videoMs - this.keyAtMs;
      this.keyAtMs = this.videoMs;
    }
    const elapsedMs = this.videoMs - this.picturesSinceMs;
    if (elapsedMs >= WINDOW_MS) {
      this.framesPerSecond = (this.pictures * 1_000) / elapsedMs;
      this.pictures = 0;
      this.picturesSinceMs = this.videoMs;
    }
    this.pictures += 1;
  }

  private noteSound({ dtsMs }: Frame): void {
    if (this.audioMs < 0) this.audioMs = 0;
    else this.audioMs += this.judged((dtsMs - this.rawAudioMs) | 0);
    this.rawAudioMs = dtsMs;
  }

  /** Time goes on by as much; of a jump or a step back by nothing. */
  private judged(stepMs: number): number {
    if (stepMs < 0) {
      this.stepsBack += 1;
      this.totals.stepsBack += 1;
      return 0;
    }
    if (stepMs <= GAP_MS) return stepMs;
    this.gaps += 1;
    this.totals.gaps += 1;
    return 0;
  }

  private noteDrift(): void {
    if (this.videoMs < 0 || this.audioMs < 0) return;
    const nowMs = (this.rawAudioMs - this.rawVideoMs) | 0;
    this.driftMs += (nowMs - this.driftMs) * DRIFT_SMOOTHING;
  }

  private notePace(nowMs: number): void {
    const mediaMs = this.videoMs < 0 ? this.audioMs : this.videoMs;
    const elapsedMs = nowMs - this.paceSinceMs;
    if (this.paceSinceMs !== UNKNOWN && elapsedMs < PACE_WINDOW_MS) return;
    if (this.paceSinceMs !== UNKNOWN) this.pace = (mediaMs - this.paceFromMs) / elapsedMs;
    this.paceSinceMs = nowMs;
    this.paceFromMs = mediaMs;
  }
}

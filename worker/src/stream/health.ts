import { FrameKind, type Frame } from '../media/frame.ts';

/** How a publisher sends, as of its last seconds. */
export interface HealthFacts {
  /** Pictures a second of media time; 0 without video. */
  readonly framesPerSecond: number;
  /** From key frame to key frame; 0 while there was only one. */
  readonly keyIntervalMs: number;
  /** How far audio is ahead of video in what arrived; 0 while one of them is missing. */
  readonly driftMs: number;
  /** Media time that arrives in a second, in seconds: 1 is real time. 0: not known yet. */
  readonly pace: number;
  /** Since the last frame, by the clock. */
  readonly silentMs: number;
  /** Since the publisher came: jumps of a track's timestamps forward, and steps back. */
  readonly gaps: number;
  readonly stepsBack: number;
}

type HealthCode =
  | 'KEY_FRAMES_RARE'
  | 'FRAME_RATE_LOW'
  | 'AUDIO_VIDEO_APART'
  | 'ARRIVES_SLOWLY'
  | 'SILENT'
  | 'TIMESTAMPS_JUMP'
  | 'TIMESTAMPS_GO_BACK';

/** What is likely to be seen by viewers, in words for whoever publishes. */
export interface HealthWarning {
  readonly code: HealthCode;
  readonly message: string;
}

export interface HealthReport extends HealthFacts {
  readonly warnings: readonly HealthWarning[];
}

/** Figures are of so much media time, or of so much of the clock. */
const WINDOW_MS = 2_000;
const PACE_WINDOW_MS = 5_000;
/** A longer step forward is a gap. */
const GAP_MS = 1_000;
/** What happened is warned of for so long. */
const RECENT_MS = 60_000;
/** Of the newest difference between audio and video. */
const DRIFT_SMOOTHING = 0.05;

/** Beyond these viewers are likely to notice. */
const MAX_KEY_INTERVAL_MS = 5_000;
const MIN_FRAMES_PER_SECOND = 10;
const MAX_DRIFT_MS = 500;
const MIN_PACE = 0.95;
const MAX_SILENT_MS = 2_000;

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
  private gapAtMs = -Infinity;
  private stepsBack = 0;
  private backAtMs = -Infinity;

  constructor(nowMs: number) {
    this.seenAtMs = nowMs;
  }

  /** frame.dtsMs as received, 32 bits. */
  note(frame: Frame, nowMs: number): void {
    this.seenAtMs = nowMs;
    if (frame.isConfig || frame.kind === FrameKind.data) return;
    if (frame.kind === FrameKind.video) this.notePicture(frame, nowMs);
    else this.noteSound(frame, nowMs);
    this.noteDrift();
    this.notePace(nowMs);
  }

  facts(nowMs: number): HealthFacts {
    const hasBoth = this.videoMs >= 0 && this.audioMs >= 0;
    return {
      framesPerSecond: this.framesPerSecond,
      keyIntervalMs: this.presentKeyIntervalMs,
      driftMs: hasBoth ? Math.round(this.driftMs) : 0,
      pace: this.pace,
      silentMs: Math.max(0, Math.round(nowMs - this.seenAtMs)),
      ...{ gaps: this.gaps, stepsBack: this.stepsBack },
    };
  }

  warnings(nowMs: number): HealthWarning[] {
    const { framesPerSecond, keyIntervalMs, driftMs, pace, silentMs } = this.facts(nowMs);
    const warnings: HealthWarning[] = [];
    const warn = (isBad: boolean, code: HealthCode, message: () => string): void => {
      if (isBad) warnings.push({ code, message: message() });
    };
    warn(keyIntervalMs > MAX_KEY_INTERVAL_MS, 'KEY_FRAMES_RARE', () => {
      return `key frame every ${seconds(keyIntervalMs)} s: viewers start late`;
    });
    warn(framesPerSecond > 0 && framesPerSecond < MIN_FRAMES_PER_SECOND, 'FRAME_RATE_LOW', () => {
      return `${framesPerSecond.toFixed(1)} pictures a second: motion is not smooth`;
    });
    warn(Math.abs(driftMs) > MAX_DRIFT_MS, 'AUDIO_VIDEO_APART', () => {
      const [first, second] = driftMs > 0 ? ['audio', 'video'] : ['video', 'audio'];
      return `${first} is ${seconds(Math.abs(driftMs))} s ahead of ${second}: players wait, or lose sync`;
    });
    warn(pace > 0 && pace < MIN_PACE, 'ARRIVES_SLOWLY', () => {
      return `arrives at ${Math.round(pace * 100)} % of real time: viewers stall`;
    });
    warn(silentMs > MAX_SILENT_MS, 'SILENT', () => `nothing for ${seconds(silentMs)} s`);
    warn(nowMs - this.gapAtMs < RECENT_MS, 'TIMESTAMPS_JUMP', () => {
      return `timestamps jumped forward, ${this.gaps} times so far: something was not sent`;
    });
    warn(nowMs - this.backAtMs < RECENT_MS, 'TIMESTAMPS_GO_BACK', () => {
      return `timestamps went back, ${this.stepsBack} times so far: the encoder is at fault`;
    });
    return warnings;
  }

  /** One that is overdue counts as late as it is. */
  private get presentKeyIntervalMs(): number {
    if (this.keyAtMs < 0) return Math.max(0, this.videoMs);
    const sinceMs = this.videoMs - this.keyAtMs;
    return sinceMs > MAX_KEY_INTERVAL_MS
      ? Math.max(sinceMs, this.keyIntervalMs)
      : this.keyIntervalMs;
  }

  private notePicture({ dtsMs, isKey }: Frame, nowMs: number): void {
    if (this.videoMs < 0) {
      this.videoMs = 0;
      // Video tells the time from now on.
      this.paceSinceMs = UNKNOWN;
    } else this.videoMs += this.judged((dtsMs - this.rawVideoMs) | 0, nowMs);
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

  private noteSound({ dtsMs }: Frame, nowMs: number): void {
    if (this.audioMs < 0) this.audioMs = 0;
    else this.audioMs += this.judged((dtsMs - this.rawAudioMs) | 0, nowMs);
    this.rawAudioMs = dtsMs;
  }

  /** Time goes on by as much; of a jump or a step back by nothing. */
  private judged(stepMs: number, nowMs: number): number {
    if (stepMs < 0) {
      this.stepsBack += 1;
      this.backAtMs = nowMs;
      return 0;
    }
    if (stepMs <= GAP_MS) return stepMs;
    this.gaps += 1;
    this.gapAtMs = nowMs;
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

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(ms < 9_950 ? 1 : 0);
}

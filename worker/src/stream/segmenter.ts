import {
  advanceCounters,
  advancePsiCounters,
  createTsProgram,
  type TsCounters,
  type TsProgram,
} from '../formats/mpegts/packetizer.ts';
import type { SegmentMark } from '../formats/relay/segment-mark.ts';
import { FrameKind, type Frame } from '../media/frame.ts';
import type { TrackHistory, Tracks } from './tracks.ts';

export interface SegmenterOptions {
  readonly tracks: TrackHistory;
  readonly segmentSeconds: () => number;
  /** Of the first segment. */
  readonly nextMarkSequence: number;
  readonly discontinuitySequence: number;
  /** 0 while no segment was complete. */
  readonly targetDurationSeconds: number;
  /** The stream was there before: the first segment does not continue it. */
  readonly isContinued: boolean;
}

/** A key frame that comes so little early still ends its segment. */
const EARLY_MS = 50;
/** EXTINF is rounded to whole seconds before it is compared with the target. */
const ROUNDING_MS = 400;
/** Bound on the first segment, whose length fixes the target duration. */
const FIRST_SEGMENT_MAX_SECONDS = 10;
/** So long after sound began a stream without video is taken as sound only. */
const VIDEO_WAIT_MS = 500;

/**
 * Decides at ingest where segments start, and where the TS continuity counters
 * stand there, whether or not anyone packages TS.
 */
export class Segmenter {
  /** Wall clock at dts 0, as seen from the present session. */
  wallClockBaseMs = 0;
  private readonly options: SegmenterOptions;
  private readonly tracks: TrackHistory;
  private counters: TsCounters = { psi: 0, video: 0, audio: 0 };
  private program: TsProgram | undefined = undefined;
  private programTracks: Tracks = {};
  private nextMarkSequence: number;
  private discontinuitySequence: number;
  private targetDurationSeconds: number;
  private breaks: boolean;
  private openDtsMs = -1;
  private openIsIndependent = true;
  private firstAudioDtsMs = -1;

  constructor(options: SegmenterOptions) {
    this.options = options;
    this.tracks = options.tracks;
    this.nextMarkSequence = options.nextMarkSequence;
    this.discontinuitySequence = options.discontinuitySequence;
    this.targetDurationSeconds = options.targetDurationSeconds;
    this.breaks = options.isContinued;
  }

  /** A configuration changed: the next segment does not continue this one. */
  configurationChanged(): void {
    if (this.openDtsMs >= 0) this.breaks = true;
  }

  /** Looks at each frame before it is stored; the mark of a segment that
   * starts with it, or undefined. */
  onFrame(frame: Frame, sequence: number, dtsMs: number): SegmentMark | undefined {
    if (frame.kind === FrameKind.data || frame.isConfig || frame.codec === 'unknown') {
      return undefined;
    }
    const isSafe = this.isSafe(frame, dtsMs);
    const isCut = this.openDtsMs < 0 ? isSafe : this.isCut(isSafe, dtsMs - this.openDtsMs);
    const mark = isCut ? this.cut(sequence, dtsMs, isSafe) : undefined;
    if (this.program !== undefined) advanceCounters(frame, this.program, this.counters);
    return mark;
  }

  /** A player can begin here. */
  private isSafe(frame: Frame, dtsMs: number): boolean {
    if (frame.kind === FrameKind.video) return frame.isKey;
    if (this.tracks.hasVideo) return false;
    if (this.firstAudioDtsMs < 0) this.firstAudioDtsMs = dtsMs;
    return dtsMs - this.firstAudioDtsMs >= VIDEO_WAIT_MS;
  }

  private isCut(isSafe: boolean, lengthMs: number): boolean {
    if (!isSafe) return lengthMs > this.maxSeconds() * 1000 + ROUNDING_MS;
    const wantedMs = this.options.segmentSeconds() * 1000 - EARLY_MS;
    return this.breaks || !this.openIsIndependent || lengthMs >= wantedMs;
  }

  private maxSeconds(): number {
    if (this.targetDurationSeconds > 0) return this.targetDurationSeconds;
    return Math.max(this.options.segmentSeconds(), FIRST_SEGMENT_MAX_SECONDS);
  }

  private cut(sequence: number, dtsMs: number, independent: boolean): SegmentMark {
    this.fixTargetDuration(dtsMs);
    const discontinuity = this.breaks && independent;
    if (discontinuity) this.discontinue();
    this.openDtsMs = dtsMs;
    this.openIsIndependent = independent;
    const mark: SegmentMark = {
      sequence: this.nextMarkSequence,
      frameSequence: sequence,
      dtsMs,
      wallClockUnixMs: Math.round(this.wallClockBaseMs + dtsMs),
      discontinuity,
      discontinuitySequence: this.discontinuitySequence,
      independent,
      targetDurationSeconds: this.targetDurationSeconds,
      counters: { ...this.counters },
    };
    this.nextMarkSequence += 1;
    this.useTracks(this.tracks.tracksAt(sequence));
    advancePsiCounters(this.counters);
    return mark;
  }

  /** Most segments have the tracks of the one before. */
  private useTracks(tracks: Tracks): void {
    const { video, audio } = this.programTracks;
    const isSame = tracks.video === video && tracks.audio === audio;
    if (isSame && this.program !== undefined) return;
    this.programTracks = tracks;
    this.program = createTsProgram(tracks);
  }

  private discontinue(): void {
    this.breaks = false;
    this.discontinuitySequence += 1;
    this.counters = { psi: 0, video: 0, audio: 0 };
  }

  private fixTargetDuration(dtsMs: number): void {
    if (this.targetDurationSeconds > 0 || this.openDtsMs < 0) return;
    const seconds = Math.ceil((dtsMs - this.openDtsMs - EARLY_MS) / 1000);
    this.targetDurationSeconds = Math.max(Math.ceil(this.options.segmentSeconds()), seconds);
  }
}

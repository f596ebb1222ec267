import { FrameKind, type Frame } from '../media/frame.ts';

/** Key frames closer than this (intra-only video) count once. */
const MIN_DISTANCE_MS = 200;
const AUDIO_DISTANCE_MS = 1_000;
/** Without a picture for so long (a camera that was switched off, a publisher
 * that came back without) viewers start at sounds, or they would start ever
 * further back. */
const VIDEO_SILENT_MS = 10_000;
/** Where no key frame comes viewers start anywhere, so that memory stays bounded. */
const MAX_GOP_BYTES = 16 * 1024 * 1024;
/** How much older than a key frame the sound behind it may be. */
const MAX_INTERLEAVE_MS = 500;

/** Decides at which frames viewers may start. */
export class StartPolicy {
  /** Smallest dts of the frames behind the present one. */
  floorDtsMs = 0;
  /** The newest start is one for want of key frames. */
  isForced = false;
  private lastStartMs = -Infinity;
  private bytes = 0;
  private lastVideoMs = -1;
  private lastAudioMs = -1;
  /** Of the last picture; before the first one of the first sound. */
  private videoAliveMs = -1;

  /** Looks at each frame, in order. */
  isStart(frame: Frame, dtsMs: number, hasVideo: boolean): boolean {
    this.bytes += frame.bodyEnd - frame.bodyStart;
    const isMedia = frame.kind !== FrameKind.data && !frame.isConfig;
    if (!isMedia) return false;
    const otherMs = frame.kind === FrameKind.video ? this.lastAudioMs : this.lastVideoMs;
    this.floorDtsMs =
      otherMs < 0 ? dtsMs : Math.max(dtsMs - MAX_INTERLEAVE_MS, Math.min(dtsMs, otherMs));
    if (frame.kind === FrameKind.video) this.lastVideoMs = dtsMs;
    else this.lastAudioMs = dtsMs;
    if (frame.kind === FrameKind.video || this.videoAliveMs < 0) this.videoAliveMs = dtsMs;
    if (!this.isDue(frame, dtsMs, hasVideo)) return false;
    this.isForced = this.bytes > MAX_GOP_BYTES;
    this.lastStartMs = dtsMs;
    this.bytes = 0;
    return true;
  }

  private isDue(frame: Frame, dtsMs: number, hasVideo: boolean): boolean {
    if (this.bytes > MAX_GOP_BYTES) return true;
    const elapsedMs = dtsMs - this.lastStartMs;
    if (frame.kind === FrameKind.video) return frame.isKey && elapsedMs >= MIN_DISTANCE_MS;
    const isSoundOnly = !hasVideo || dtsMs - this.videoAliveMs >= VIDEO_SILENT_MS;
    return isSoundOnly && elapsedMs >= AUDIO_DISTANCE_MS;
  }
}

import type { Clip, ClipTag } from './clip.ts';

/** Plays a clip in real time, again and again: says what is due. */
export class ClipClock {
  /** Tags that were due so far. */
  count = 0;
  private readonly clip: Clip;
  private readonly startedMs = performance.now();

  constructor(clip: Clip) {
    this.clip = clip;
  }

  /** Time to play since the beginning. */
  get elapsedMs(): number {
    return performance.now() - this.startedMs;
  }

  /** Hands over what has become due since the last call. */
  advance(onTag: (tag: ClipTag, timestampMs: number) => void): void {
    const { tags, durationMs } = this.clip;
    const nowMs = this.elapsedMs;
    for (;;) {
      const tag = tags[this.count % tags.length];
      if (tag === undefined) return;
      const timestampMs = Math.floor(this.count / tags.length) * durationMs + tag.timestampMs;
      if (timestampMs > nowMs) return;
      this.count++;
      onTag(tag, timestampMs);
    }
  }
}

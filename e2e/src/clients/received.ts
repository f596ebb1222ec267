import { ContentCheck, type Clip } from '@streamcluster/bench';
import { FlvTags } from '../content/flv-tags.ts';

/** What one viewer got of a clip that is published again and again, and how it went. */
export class Received {
  /** From asking to the first picture or sound; undefined: none came yet. */
  startMs: number | undefined = undefined;
  longestGapMs = 0;
  /** Why it is a viewer no more, or what is wrong with what it got; undefined: all is well. */
  fault: string | undefined = undefined;
  private readonly askedAtMs = performance.now();
  private lastAtMs = 0;
  private isLeaving = false;

  /** Something came. */
  note(): void {
    const nowMs = performance.now();
    if (this.startMs === undefined) this.startMs = nowMs - this.askedAtMs;
    else this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.lastAtMs);
    this.lastAtMs = nowMs;
  }

  failed(fault: string): void {
    if (!this.isLeaving) this.fault ??= fault;
  }

  /** Of its own will: what ends now is no fault. */
  leave(): void {
    this.isLeaving = true;
  }
}

/** Reads FLV as it arrives: every tag has to be the clip's next one, at its time. */
export function flvReader(clip: Clip, received: Received): (chunk: Buffer) => void {
  const check = new ContentCheck(clip);
  const reader = new FlvTags(({ kind, timestampMs, body }) => {
    check.onTag(kind, timestampMs, body, 0, body.length);
    if (check.error !== undefined) received.failed(check.error);
    if (check.tags > 0) received.note();
  });
  return (chunk) => {
    try {
      reader.push(chunk);
    } catch (error) {
      received.failed((error as Error).message);
    }
  };
}

import type { FlvSink } from '@streamcluster/worker';
import type { Clip } from './clip.ts';

const DATA = 18;
/** FLV's clock is in whole ms, and a seam of the clip is one more rounding. */
const TOLERANCE_MS = 1;

/**
 * Compares what one viewer got with the clip that is published again and
 * again: every tag, in order, none missing, at its time.
 */
export class ContentCheck implements FlvSink {
  tags = 0;
  error: string | undefined = undefined;
  private readonly clip: Clip;
  private next = -1;
  private shiftMs = 0;

  constructor(clip: Clip) {
    this.clip = clip;
  }

  // eslint-disable-next-line max-params -- As the reader calls it.
  onTag(kind: number, timestampMs: number, buf: Buffer, start: number, end: number): void {
    if (kind === DATA || buf[start + 1] === 0 || this.error !== undefined) return;
    const body = buf.subarray(start, end);
    if (this.next < 0) this.begin(timestampMs, body);
    else this.compare(timestampMs, body);
  }

  private begin(timestampMs: number, body: Buffer): void {
    const { tags } = this.clip;
    this.next = tags.findIndex((tag) => tag.body.equals(body));
    const first = tags[this.next];
    if (first === undefined) this.error = 'starts with something else than the clip';
    else if (!first.isKey) this.error = 'does not start at a key frame';
    else this.accept(timestampMs - first.timestampMs);
  }

  private compare(timestampMs: number, body: Buffer): void {
    const tag = this.clip.tags[this.next];
    if (tag?.body.equals(body) !== true) {
      this.error = `tag ${this.tags} is not the clip's number ${this.next}`;
      return;
    }
    const offMs = timestampMs - this.shiftMs - tag.timestampMs;
    if (Math.abs(offMs) > TOLERANCE_MS) this.error = `tag ${this.tags} is ${offMs} ms off`;
    else this.accept(this.shiftMs);
  }

  private accept(shiftMs: number): void {
    this.tags++;
    this.next++;
    this.shiftMs = shiftMs;
    if (this.next < this.clip.tags.length) return;
    this.next = 0;
    this.shiftMs += this.clip.durationMs;
  }
}

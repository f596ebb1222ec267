import type { FlvSink } from '@streamcluster/worker';
import { isKeyPicture } from './reading-viewer.ts';
import { FLV_TAG_OVERHEAD_BYTES, type Clip } from './clip.ts';

const FLV_HEADER_BYTES = 13;
const DATA = 18;
/** FLV's clock is in whole ms, and a seam of the clip is one more rounding. */
const TOLERANCE_MS = 1;

/**
 * Compares what one viewer got with the clip that is published again and
 * again: every tag, in order, none missing, at its time. It also notes where in
 * the stream key frames start, so that others can be checked by length alone.
 */
export class ContentCheck implements FlvSink {
  tags = 0;
  error: string | undefined = undefined;
  /** Offsets in the answer's body of key frames. */
  readonly keyOffsets: number[] = [];
  /** Bytes of whole tags, with the file header. */
  offset = FLV_HEADER_BYTES;
  private readonly clip: Clip;
  private next = -1;
  private shiftMs = 0;

  constructor(clip: Clip) {
    this.clip = clip;
  }

  // eslint-disable-next-line max-params -- As the reader calls it.
  onTag(kind: number, timestampMs: number, buf: Buffer, start: number, end: number): void {
    if (isKeyPicture(kind, buf, start)) this.keyOffsets.push(this.offset);
    this.offset += FLV_TAG_OVERHEAD_BYTES + end - start;
    if (kind === DATA || buf[start + 1] === 0 || this.error !== undefined) return;
    const body = buf.subarray(start, end);
    if (this.next < 0) this.begin(timestampMs, body);
    else this.compare(timestampMs, body);
  }

  /** Bytes that a viewer got who started at any of the key frames and lost nothing. */
  allowedBytes(headBytes: number): Set<number> {
    const startBytes = this.keyOffsets[0] ?? 0;
    return new Set(this.keyOffsets.map((key) => headBytes + startBytes + this.offset - key));
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

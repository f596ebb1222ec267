import type { FlvSink } from '@streamcluster/worker';
import { FLV_TAG_OVERHEAD_BYTES } from './clip.ts';
import { isKeyPicture } from './reading-viewer.ts';

const FLV_HEADER_BYTES = 13;

/** Notes where in a stream key frames start, so that others can be checked by length. */
export class KeyOffsets implements FlvSink {
  /** Offsets in the answer's body of key frames. */
  private readonly offsets: number[] = [];
  /** Bytes of whole tags, with the file header. */
  private offset = FLV_HEADER_BYTES;

  // eslint-disable-next-line max-params -- As the reader calls it.
  onTag(kind: number, _timestampMs: number, buf: Buffer, start: number, end: number): void {
    if (isKeyPicture(kind, buf, start)) this.offsets.push(this.offset);
    this.offset += FLV_TAG_OVERHEAD_BYTES + end - start;
  }

  /** Bytes, with the head, that a viewer got who started at any of the key frames
   * and lost nothing. */
  allowedBytes(headBytes: number): Set<number> {
    const startBytes = this.offsets[0] ?? 0;
    return new Set(this.offsets.map((key) => headBytes + startBytes + this.offset - key));
  }
}

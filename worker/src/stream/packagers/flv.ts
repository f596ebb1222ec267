import { FLV_TAG_OVERHEAD, writeFlvTag } from '../../formats/flv/writer.ts';
import type { Frame } from '../../media/frame.ts';
import { flvTimestampMs } from '../flv-clock.ts';
import type { Packager, Target } from './packager.ts';

/** One FLV tag a frame. This log is the store; all others are made from it. */
export class FlvPackager implements Packager {
  readonly framing = 'flv';

  size(frame: Frame): number {
    return FLV_TAG_OVERHEAD + frame.bodyEnd - frame.bodyStart;
  }

  write(target: Target, frame: Frame, dtsMs: number): number {
    return writeFlvTag(target.buffer, target.offset, frame, flvTimestampMs(dtsMs));
  }
}

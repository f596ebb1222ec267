import { relayFrameSize, writeRelayFrame } from '../../formats/relay/writer.ts';
import type { Frame } from '../../media/frame.ts';
import { flvTimestampMs } from '../flv-clock.ts';
import type { Packager, Target } from './packager.ts';

/** One relay record a frame; marks and states are records of their own. */
export class RelayPackager implements Packager {
  readonly framing = 'relay';

  size(frame: Frame): number {
    return relayFrameSize(frame);
  }

  write(target: Target, frame: Frame, dtsMs: number, sequence: number): number {
    const timestampMs = flvTimestampMs(dtsMs);
    return writeRelayFrame(target.buffer, target.offset, frame, sequence, timestampMs);
  }
}

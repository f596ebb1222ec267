import {
  createTsProgram,
  framePacketCount,
  PSI_PACKETS,
  TS_PACKET_BYTES,
  writeFrame,
  writePsi,
  type TsCounters,
  type TsProgram,
} from '../../formats/mpegts/packetizer.ts';
import type { Frame } from '../../media/frame.ts';
import type { SegmentMark } from '../../formats/relay/segment-mark.ts';
import type { Tracks } from '../tracks.ts';
import type { Packager, Target } from './packager.ts';

/**
 * TS packets of a frame; in front of a segment's first frame the tables. A
 * pure function of marks, tracks and frames, the same on every worker.
 */
export class TsPackager implements Packager {
  readonly framing = 'raw';
  private program: TsProgram | undefined = undefined;
  private counters: TsCounters = { psi: 0, video: 0, audio: 0 };
  private startsSegment = false;

  /** The next frame is the first of a segment. */
  startSegment(mark: SegmentMark, tracks: Tracks): void {
    this.program = createTsProgram(tracks);
    this.counters = { ...mark.counters };
    this.startsSegment = true;
  }

  /** Frames up to the next segment belong to none. */
  stop(): void {
    this.program = undefined;
  }

  size(frame: Frame): number {
    if (this.program === undefined) return 0;
    const tables = this.startsSegment ? PSI_PACKETS : 0;
    return (tables + framePacketCount(frame, this.program)) * TS_PACKET_BYTES;
  }

  write(target: Target, frame: Frame, dtsMs: number): number {
    if (this.program === undefined) return 0;
    const { buffer, offset } = target;
    let bytes = 0;
    if (this.startsSegment) bytes = writePsi(this.program, this.counters, buffer, offset);
    this.startsSegment = false;
    return bytes + writeFrame(frame, dtsMs, this.program, this.counters, buffer, offset + bytes);
  }
}

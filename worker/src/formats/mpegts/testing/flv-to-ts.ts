import type { AudioTrack, VideoTrack } from '../../../media/track.ts';
import { emptyFrame, FrameKind, type Frame } from '../../../media/frame.ts';
import { trackFromFrame } from '../../../media/track-from-frame.ts';
import { FlvReader } from '../../flv/reader.ts';
import { parseTagBody } from '../../flv/tag-body.ts';
import {
  createTsProgram,
  framePacketCount,
  PSI_PACKETS,
  TS_PACKET_BYTES,
  writeFrame,
  writePsi,
} from '../packetizer.ts';

/** Remuxes a whole FLV file, PAT and PMT in front of each key frame. */
export function flvToTs(flv: Buffer, offsetMs = 0): Buffer {
  const remuxer = new Remuxer();
  readFrames(flv, (frame, timestampMs) => remuxer.frame(frame, timestampMs + offsetMs));
  return Buffer.concat(remuxer.out);
}

/** Every frame of an FLV file in order; reused from call to call. */
export function readFrames(flv: Buffer, use: (frame: Frame, timestampMs: number) => void): void {
  const frame = emptyFrame();
  const reader = new FlvReader({
    onTag: (kind, timestampMs, buf, start, end) => {
      if (parseTagBody(kind as FrameKind, buf, start, end, frame)) use(frame, timestampMs);
    },
  });
  const failure = reader.push(flv, 0, flv.length);
  if (failure !== undefined) throw new Error(failure);
}

class Remuxer {
  readonly out: Buffer[] = [];
  private readonly counters = { psi: 0, video: 0, audio: 0 };
  private video: VideoTrack | undefined = undefined;
  private audio: AudioTrack | undefined = undefined;
  private program = createTsProgram({});

  frame(frame: Frame, dtsMs: number): void {
    const hasChanged = this.learn(frame);
    const psi = frame.isKey || hasChanged ? PSI_PACKETS : 0;
    const bytes = TS_PACKET_BYTES * (psi + framePacketCount(frame, this.program));
    const packets = Buffer.alloc(bytes, 0xaa);
    const at = psi > 0 ? writePsi(this.program, this.counters, packets, 0) : 0;
    const written = writeFrame(frame, dtsMs, this.program, this.counters, packets, at);
    if (at + written !== bytes) throw new Error(`wrote ${at + written} of ${bytes} bytes`);
    this.out.push(packets);
  }

  private learn(frame: Frame): boolean {
    const isKnown = frame.kind === FrameKind.audio && this.audio !== undefined;
    const track = frame.isConfig || !isKnown ? trackFromFrame(frame) : undefined;
    if (track?.kind === 'video') this.video = track;
    if (track?.kind === 'audio') this.audio = track;
    if (track === undefined) return false;
    this.program = createTsProgram({ video: this.video, audio: this.audio });
    return true;
  }
}

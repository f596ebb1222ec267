import { emptyFrame, type FrameKind } from '../../../media/frame.ts';
import { trackFromFrame } from '../../../media/track-from-frame.ts';
import { FlvReader } from '../../flv/reader.ts';
import { parseTagBody } from '../../flv/tag-body.ts';
import { createTsProgram, framePacketCount, PSI_PACKETS, TS_PACKET_BYTES } from '../packetizer.ts';
import { writeFrame, writePsi, type TsConfig } from '../packetizer.ts';

/** Remuxes a whole FLV file, PAT and PMT in front of each key frame. */
export function flvToTs(flv: Buffer, offsetMs = 0): Buffer {
  const config: { -readonly [K in keyof TsConfig]: TsConfig[K] } = {};
  const counters = { psi: 0, video: 0, audio: 0 };
  const out: Buffer[] = [];
  const frame = emptyFrame();
  let program = createTsProgram(config);
  const reader = new FlvReader({
    onTag: (kind, timestampMs, buf, start, end) => {
      if (!parseTagBody(kind as FrameKind, buf, start, end, frame)) return;
      const track = frame.isConfig ? trackFromFrame(frame) : undefined;
      if (track?.kind === 'video') config.video = track;
      if (track?.kind === 'audio') config.audio = track;
      if (track !== undefined) program = createTsProgram(config);
      const psi = frame.isKey || out.length === 0 ? PSI_PACKETS : 0;
      const bytes = TS_PACKET_BYTES * (psi + framePacketCount(frame, program));
      const packets = Buffer.alloc(bytes, 0xaa);
      const at = psi > 0 ? writePsi(program, counters, packets, 0) : 0;
      const written = writeFrame(frame, timestampMs + offsetMs, program, counters, packets, at);
      if (at + written !== bytes) throw new Error(`wrote ${at + written} of ${bytes}`);
      out.push(packets);
    },
  });
  const failure = reader.push(flv, 0, flv.length);
  if (failure !== undefined) throw new Error(failure);
  return Buffer.concat(out);
}

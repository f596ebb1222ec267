/**
 * MPEG-TS of a stream (ISO/IEC 13818-1): one PES packet an access unit.
 *
 * Every worker must write the same bytes for the same frame, so the bytes are
 * a pure function of frame, time, program and continuity counters, and how the
 * counters move is arithmetic on sizes: nobody has to write the packets to know
 * where a later segment's counters stand.
 *
 * Frames that belong to no track of the program (data, configurations, other
 * codecs, empty or oversized ones) take 0 packets. Nothing throws; `out` must
 * have room for 188 bytes times the count.
 */
import { FrameKind, type Frame } from '../../media/frame.ts';
import { audioBytes, videoBytes, writeAudio, writeVideo } from './access-unit.ts';
import { AUDIO_PID, TICKS_MODULUS, TICKS_PER_MS, TS_PACKET_BYTES, VIDEO_PID } from './layout.ts';
import { packetsForPes, pesHeaderBytes, PesWriter, type PesTimes } from './pes-writer.ts';
import type { TsProgram } from './program.ts';

export { TS_PACKET_BYTES } from './layout.ts';
export { createTsProgram, isTsCapable, type TsConfig, type TsProgram } from './program.ts';

/** Continuity counters of the next packets, 0 to 15. */
export interface TsCounters {
  /** Of PAT and PMT alike. */
  psi: number;
  video: number;
  audio: number;
}

export const PSI_PACKETS = 2;

/** The clock starts here, so that PTS with a negative composition and the
 * clock reference ahead of DTS stay above zero. As ffmpeg does it. */
const START_TICKS = 126_000;
/** How long before its DTS a picture has to be with the decoder. */
const PCR_LEAD_TICKS = 63_000;

const writer = new PesWriter();
const times: PesTimes = { pts: 0, dts: 0, pcr: 0 };

/** Writes PAT and PMT: what a segment starts with. Returns bytes written. */
export function writePsi(
  program: TsProgram,
  counters: TsCounters,
  out: Buffer,
  at: number,
): number {
  program.pat.copy(out, at);
  program.pmt.copy(out, at + TS_PACKET_BYTES);
  out[at + 3] = 0x10 | counters.psi;
  out[at + TS_PACKET_BYTES + 3] = 0x10 | counters.psi;
  advancePsiCounters(counters);
  return PSI_PACKETS * TS_PACKET_BYTES;
}

/** What writePsi() does to the counters. */
export function advancePsiCounters(counters: TsCounters): void {
  counters.psi = (counters.psi + 1) & 15;
}

/** Transport packets that writeFrame() makes of the frame. */
export function framePacketCount(frame: Frame, program: TsProgram): number {
  const payload = payloadBytes(frame, program);
  return payload === 0 ? 0 : packetsOf(frame, payload, program);
}

/** What writeFrame() does to the counters. Returns the packets. */
export function advanceCounters(frame: Frame, program: TsProgram, counters: TsCounters): number {
  const packets = framePacketCount(frame, program);
  if (frame.kind === FrameKind.video) counters.video = (counters.video + packets) & 15;
  else counters.audio = (counters.audio + packets) & 15;
  return packets;
}

/**
 * Writes 188 * framePacketCount() bytes and returns them. `dtsMs` is the
 * stream's continued time; frame.dtsMs is not looked at.
 */
export function writeFrame(
  frame: Frame,
  dtsMs: number,
  program: TsProgram,
  counters: TsCounters,
  out: Buffer,
  at: number,
): number {
  const payload = payloadBytes(frame, program);
  if (payload === 0) return 0;
  const isVideo = frame.kind === FrameKind.video;
  setTimes(frame, dtsMs, hasPcr(frame, program));
  writer.target(
    out,
    at,
    isVideo ? VIDEO_PID : AUDIO_PID,
    isVideo ? counters.video : counters.audio,
  );
  if (isVideo) putVideo(frame, program, payload);
  else putAudio(frame, program, payload);
  return TS_PACKET_BYTES * advanceCounters(frame, program, counters);
}

function putVideo(frame: Frame, program: TsProgram, payload: number): void {
  if (program.video === undefined) return;
  writer.begin(VIDEO_STREAM_ID, payload, times, frame.isKey);
  writeVideo(frame, program.video, writer);
}

function putAudio(frame: Frame, program: TsProgram, payload: number): void {
  if (program.audio === undefined) return;
  writer.begin(program.audio.streamId, payload, times, program.video === undefined);
  writeAudio(frame, program.audio, payload, writer);
}

const VIDEO_STREAM_ID = 0xe0;

function payloadBytes(frame: Frame, program: TsProgram): number {
  if (frame.isConfig || frame.isEnd) return 0;
  const { video, audio } = program;
  if (frame.kind === FrameKind.video) {
    return video?.codec === frame.codec ? videoBytes(frame, video) : 0;
  }
  if (frame.kind !== FrameKind.audio) return 0;
  return audio?.codec === frame.codec ? audioBytes(frame, audio) : 0;
}

function packetsOf(frame: Frame, payload: number, program: TsProgram): number {
  const hasDts = frame.kind === FrameKind.video && frame.compositionMs !== 0;
  return packetsForPes(pesHeaderBytes(hasDts) + payload, hasPcr(frame, program));
}

/** The clock is the video's; audio's only where there is no video. */
function hasPcr(frame: Frame, program: TsProgram): boolean {
  return frame.kind === FrameKind.video || program.video === undefined;
}

function setTimes(frame: Frame, dtsMs: number, withPcr: boolean): void {
  const compositionMs = frame.kind === FrameKind.video ? frame.compositionMs : 0;
  const dts = dtsMs * TICKS_PER_MS + START_TICKS;
  times.dts = dts % TICKS_MODULUS;
  times.pts = wrapTicks(dts + compositionMs * TICKS_PER_MS);
  times.pcr = withPcr ? wrapTicks(dts - PCR_LEAD_TICKS) : -1;
}

/** A remainder that is never negative. */
function wrapTicks(ticks: number): number {
  const wrapped = ticks % TICKS_MODULUS;
  return wrapped < 0 ? wrapped + TICKS_MODULUS : wrapped;
}

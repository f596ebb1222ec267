import type { Frame } from '../../media/frame.ts';
import { nalUnitEnd } from '../../media/nal-units.ts';
import type { PesWriter } from './pes-writer.ts';
import type { TsAudio, TsVideo } from './program.ts';

/** Start codes are four bytes each, so most units keep their size. */
const START_CODE = Buffer.from([0, 0, 0, 1]);

const H264_SPS = 7;
const H264_DELIMITER = 9;
const H265_SPS = 33;
const H265_DELIMITER = 35;

const ADTS_HEADER_BYTES = 7;
/** frame_length has 13 bits. */
const ADTS_MAX_BYTES = 8191;
/** PES_packet_length has 16 bits and counts 8 bytes of header. */
const AUDIO_MAX_BYTES = 65_535 - 8;

/**
 * Bytes of the access unit in Annex B form (H.264 annex B): one delimiter, on
 * key frames the parameter sets unless the unit brings its own, then the rest.
 * Delimiters in the frame are dropped for ours. 0: nothing to send. NAL units
 * behind a broken length are left out.
 */
export function videoBytes(frame: Frame, video: TsVideo): number {
  scanUnits(frame, video);
  if (scan.bytes === 0) return 0;
  return scan.bytes + scan.setBytes + video.delimiter.length;
}

/** Writes exactly as many bytes as videoBytes() says. */
export function writeVideo(frame: Frame, video: TsVideo, out: PesWriter): void {
  const { body, bodyEnd } = frame;
  scanUnits(frame, video);
  out.put(video.delimiter, 0, video.delimiter.length);
  out.put(video.parameterSets, 0, scan.setBytes);
  let at = frame.dataStart;
  while (at < bodyEnd) {
    const unit = at + video.nalLengthBytes;
    const next = nalUnitEnd(body, at, bodyEnd, video.nalLengthBytes);
    if (next < 0) return;
    at = next;
    if (unit === next || isDelimiter(body, unit, video)) continue;
    out.put(START_CODE, 0, START_CODE.length);
    out.put(body, unit, next);
  }
}

/** Result of scanUnits(), kept here so that a frame allocates nothing. */
const scan = { bytes: 0, setBytes: 0 };

function scanUnits(frame: Frame, video: TsVideo): void {
  const { body, bodyEnd } = frame;
  scan.bytes = 0;
  scan.setBytes = frame.isKey ? video.parameterSets.length : 0;
  let at = frame.dataStart;
  while (at < bodyEnd) {
    const unit = at + video.nalLengthBytes;
    const next = nalUnitEnd(body, at, bodyEnd, video.nalLengthBytes);
    if (next < 0) return;
    at = next;
    if (unit === next || isDelimiter(body, unit, video)) continue;
    if (isParameterSet(body, unit, video)) scan.setBytes = 0;
    scan.bytes += START_CODE.length + next - unit;
  }
}

function isDelimiter(body: Buffer, unit: number, video: TsVideo): boolean {
  const header = body[unit] ?? 0;
  return video.codec === 'h264'
    ? (header & 0x1f) === H264_DELIMITER
    : ((header >> 1) & 0x3f) === H265_DELIMITER;
}

function isParameterSet(body: Buffer, unit: number, video: TsVideo): boolean {
  const header = body[unit] ?? 0;
  return video.codec === 'h264'
    ? (header & 0x1f) === H264_SPS
    : ((header >> 1) & 0x3f) === H265_SPS;
}

/** Bytes of the audio frame with its ADTS header; 0: nothing, or too much. */
export function audioBytes(frame: Frame, audio: TsAudio): number {
  const data = frame.bodyEnd - frame.dataStart;
  const bytes = data + audio.adtsHeader.length;
  const most = audio.adtsHeader.length === 0 ? AUDIO_MAX_BYTES : ADTS_MAX_BYTES;
  return data <= 0 || bytes > most ? 0 : bytes;
}

const adts = Buffer.alloc(ADTS_HEADER_BYTES);

export function writeAudio(frame: Frame, audio: TsAudio, bytes: number, out: PesWriter): void {
  if (audio.adtsHeader.length > 0) {
    audio.adtsHeader.copy(adts);
    adts[3] = (adts[3] ?? 0) | (bytes >> 11);
    adts[4] = (bytes >> 3) & 0xff;
    adts[5] = (adts[5] ?? 0) | ((bytes & 7) << 5);
    out.put(adts, 0, ADTS_HEADER_BYTES);
  }
  out.put(frame.body, frame.dataStart, frame.bodyEnd);
}

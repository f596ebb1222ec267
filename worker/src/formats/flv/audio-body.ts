import { FrameKind, type Codec, type Frame } from '../../media/frame.ts';
import { fourCcStart } from './modifiers.ts';
import { setFrame } from './set-frame.ts';

/** FLV 10.1 E.4.2.1: SoundFormat; 9 became Enhanced RTMP's. */
const LEGACY_MP3 = 2;
const ENHANCED = 9;
const LEGACY_AAC = 10;
const LEGACY_MP3_8K = 14;

/** Enhanced RTMP v2, AudioPacketType. */
const SEQUENCE_START = 0;
const SEQUENCE_END = 2;
const MULTICHANNEL_CONFIG = 4;

/** FourCC as a big-endian number. */
const OPUS = 0x4f707573;
const MP4A = 0x6d703461;
const MP3 = 0x2e6d7033;
const AC3 = 0x61632d33;
const EAC3 = 0x65632d33;
const FLAC = 0x664c6143;

/** See parseTagBody. */
export function parseAudioBody(body: Buffer, start: number, end: number, out: Frame): boolean {
  switch ((body[start] ?? 0) >> 4) {
    case LEGACY_AAC:
      return parseAac(body, start, end, out);
    case ENHANCED:
      return parseEnhanced(body, start, end, out);
    case LEGACY_MP3:
    case LEGACY_MP3_8K:
      setFrame(out, FrameKind.audio, 'mp3', body, start, end, start + 1);
      return true;
    default:
      return false;
  }
}

/** E.4.2.2: AACPacketType 0 is the AudioSpecificConfig, 1 a raw frame. */
function parseAac(body: Buffer, start: number, end: number, out: Frame): boolean {
  const packet = body[start + 1] ?? 0;
  if (end - start < 2 || packet > 1) return false;
  setFrame(out, FrameKind.audio, 'aac', body, start, end, start + 2);
  out.isConfig = packet === 0;
  return true;
}

/** Enhanced RTMP v2, ExAudioTagHeader: 9 packetType(4) [modifiers] FourCC */
function parseEnhanced(body: Buffer, start: number, end: number, out: Frame): boolean {
  const at = fourCcStart(body, start, end);
  if (at < 0) return false;
  const packet = (body[at - 1] ?? 0) & 0x0f;
  if (packet > SEQUENCE_END && packet !== MULTICHANNEL_CONFIG) return false;
  const codec = fourCcCodec(body.readUInt32BE(at));
  if (codec === 'unknown') return false;
  const shown = packet === MULTICHANNEL_CONFIG ? 'unknown' : codec;
  setFrame(out, FrameKind.audio, shown, body, start, end, at + 4);
  out.isConfig = packet === SEQUENCE_START;
  out.isEnd = packet === SEQUENCE_END;
  return true;
}

function fourCcCodec(fourCc: number): Codec {
  switch (fourCc) {
    case OPUS:
      return 'opus';
    case MP4A:
      return 'aac';
    case MP3:
      return 'mp3';
    case AC3:
      return 'ac3';
    case EAC3:
      return 'eac3';
    case FLAC:
      return 'flac';
    default:
      return 'unknown';
  }
}

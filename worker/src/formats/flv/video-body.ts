import { FrameKind, type Codec, type Frame } from '../../media/frame.ts';
import { fourCcStart } from './modifiers.ts';
import { setFrame } from './set-frame.ts';

/** FLV 10.1 E.4.3.1: CodecID. 12 is not Adobe's, but many encoders send it. */
const LEGACY_H264 = 7;
const LEGACY_H265 = 12;
const KEY_FRAME = 1;
const COMMAND_FRAME = 5;

/** AVCPacketType, E.4.3.2. */
const AVC_CONFIGURATION = 0;
const AVC_PICTURE = 1;
const AVC_END = 2;

/** Enhanced RTMP v2, VideoPacketType. */
const SEQUENCE_START = 0;
const CODED_FRAMES = 1;
const SEQUENCE_END = 2;
const CODED_FRAMES_X = 3;
const METADATA = 4;

/** FourCC as a big-endian number. */
const HVC1 = 0x68766331;
const AVC1 = 0x61766331;
const AV01 = 0x61763031;
const VP09 = 0x76703039;
const VP08 = 0x76703038;

/** See parseTagBody. */
export function parseVideoBody(body: Buffer, start: number, end: number, out: Frame): boolean {
  const first = body[start] ?? 0;
  if ((first & 0x80) !== 0) return parseEnhanced(body, start, end, out);
  const codec = legacyCodec(first & 0x0f);
  const frameType = first >> 4;
  if (codec === 'unknown' || frameType === COMMAND_FRAME) return false;
  if (!isAvcPacketWhole(body, start, end)) return false;
  const packet = body[start + 1];
  setFrame(out, FrameKind.video, codec, body, start, end, Math.min(start + 5, end));
  out.isConfig = packet === AVC_CONFIGURATION;
  out.isEnd = packet === AVC_END;
  if (packet === AVC_PICTURE) {
    out.isKey = frameType === KEY_FRAME;
    out.compositionMs = signed24(body, start + 2);
  }
  return true;
}

/** Some encoders leave the composition time out at the end of sequence. */
function isAvcPacketWhole(body: Buffer, start: number, end: number): boolean {
  if (end - start >= 5) return (body[start + 1] ?? 0) <= AVC_END;
  return end - start >= 2 && body[start + 1] === AVC_END;
}

function legacyCodec(id: number): Codec {
  if (id === LEGACY_H264) return 'h264';
  return id === LEGACY_H265 ? 'h265' : 'unknown';
}

/**
 * Enhanced RTMP v2, ExVideoTagHeader:
 *
 *   1 frameType(3) packetType(4)  [modifiers]  FourCC  [composition time SI24]
 */
function parseEnhanced(body: Buffer, start: number, end: number, out: Frame): boolean {
  const at = fourCcStart(body, start, end);
  if (at < 0) return false;
  const frameType = body.readUInt8(start) >> 4;
  const packet = body.readUInt8(at - 1) & 0x0f;
  const codec = fourCcCodec(body.readUInt32BE(at));
  if (codec === 'unknown' || !isKnownPacket(packet, frameType & 7)) return false;
  const composed = packet === CODED_FRAMES && (codec === 'h264' || codec === 'h265');
  const dataStart = at + (composed ? 7 : 4);
  if (dataStart > end) return false;
  const shown = packet === METADATA ? 'unknown' : codec;
  setFrame(out, FrameKind.video, shown, body, start, end, dataStart);
  setFlags(out, packet, frameType & 7);
  if (composed) out.compositionMs = signed24(body, at + 4);
  return true;
}

function isKnownPacket(packet: number, frameType: number): boolean {
  return packet <= METADATA && (frameType !== COMMAND_FRAME || packet === METADATA);
}

function setFlags(out: Frame, packet: number, frameType: number): void {
  out.isConfig = packet === SEQUENCE_START;
  out.isEnd = packet === SEQUENCE_END;
  const isPicture = packet === CODED_FRAMES || packet === CODED_FRAMES_X;
  out.isKey = isPicture && frameType === KEY_FRAME;
}

function fourCcCodec(fourCc: number): Codec {
  switch (fourCc) {
    case AVC1:
      return 'h264';
    case HVC1:
      return 'h265';
    case AV01:
      return 'av1';
    case VP09:
      return 'vp9';
    case VP08:
      return 'vp8';
    default:
      return 'unknown';
  }
}

function signed24(body: Buffer, at: number): number {
  const value = ((body[at] ?? 0) << 24) | ((body[at + 1] ?? 0) << 16) | ((body[at + 2] ?? 0) << 8);
  return value >> 8;
}

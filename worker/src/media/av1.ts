import { BitReader } from './bit-reader.ts';
import type { PictureSize } from './h264-sps.ts';
import type { VideoTrack } from './track.ts';

const PROFILES = ['Main', 'High', 'Professional'];
const SEQUENCE_HEADER_OBU = 1;

/** Parses an AV1CodecConfigurationRecord (AV1 in ISOBMFF 2.3). */
export function parseAv1Configuration(
  buf: Buffer,
  start: number,
  end: number,
): VideoTrack | undefined {
  if (end - start < 4 || buf[start] !== 0x81) return undefined;
  const configuration = Buffer.from(buf.subarray(start, end));
  const size = sequenceHeaderSize(configuration);
  return {
    kind: 'video',
    codec: 'av1',
    width: size?.width ?? 0,
    height: size?.height ?? 0,
    profile: PROFILES[(configuration[1] ?? 0) >> 5] ?? '',
    codecString: codecString(configuration),
    configuration,
  };
}

/** AV1 in ISOBMFF section 5: av01.P.LLT.DD */
function codecString(record: Buffer): string {
  const second = record[1] ?? 0;
  const third = record[2] ?? 0;
  const level = String(second & 0x1f).padStart(2, '0');
  const tier = (third & 0x80) === 0 ? 'M' : 'H';
  const highDepth = (third & 0x20) === 0 ? '10' : '12';
  const depth = (third & 0x40) === 0 ? '08' : highDepth;
  return `av01.${second >> 5}.${level}${tier}.${depth}`;
}

/** The record's configOBUs may hold the sequence header (AV1 5.5). */
function sequenceHeaderSize(record: Buffer): PictureSize | undefined {
  const header = record[4];
  if (header === undefined || ((header >> 3) & 0xf) !== SEQUENCE_HEADER_OBU) return undefined;
  const extension = (header & 4) === 0 ? 0 : 1;
  let at = 5 + extension;
  // obu_size is a leb128 number; the record ends with the OBU, so it is skipped.
  if ((header & 2) !== 0) {
    while (((record[at] ?? 0) & 0x80) !== 0) at++;
    at++;
  }
  const bits = new BitReader(record.subarray(at));
  bits.skip(4);
  if (bits.flag()) bits.skip(5);
  else skipOperatingPoints(bits);
  const widthBits = bits.bits(4) + 1;
  const heightBits = bits.bits(4) + 1;
  const size = { width: bits.bits(widthBits) + 1, height: bits.bits(heightBits) + 1 };
  return bits.overrun ? undefined : size;
}

/** Timing, decoder model and operating points of AV1 5.5.1. */
function skipOperatingPoints(bits: BitReader): void {
  const delayBits = readTimingInfo(bits);
  const displayDelay = bits.flag();
  const count = bits.bits(5) + 1;
  for (let i = 0; i < count && !bits.overrun; i++) {
    bits.skip(12);
    if (bits.bits(5) > 7) bits.skip(1);
    if (delayBits > 0 && bits.flag()) bits.skip(delayBits * 2 + 1);
    if (displayDelay && bits.flag()) bits.skip(4);
  }
}

/** Returns the length of the buffer delays, 0 without a decoder model. */
function readTimingInfo(bits: BitReader): number {
  if (!bits.flag()) return 0;
  bits.skip(64);
  if (bits.flag()) bits.ue();
  if (!bits.flag()) return 0;
  const delayBits = bits.bits(5) + 1;
  bits.skip(42);
  return delayBits;
}

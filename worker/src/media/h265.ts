import { BitReader } from './bit-reader.ts';
import type { PictureSize } from './h264-sps.ts';
import { unescapeNalUnit } from './nal-units.ts';
import type { VideoTrack } from './track.ts';

const HEADER_BYTES = 23;
const SPS_TYPE = 33;
const PROFILES = new Map([
  [1, 'Main'],
  [2, 'Main 10'],
  [3, 'Main Still Picture'],
  [4, 'Range Extensions'],
]);

/** Parses an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 8.3.3). */
export function parseH265Configuration(
  buf: Buffer,
  start: number,
  end: number,
): VideoTrack | undefined {
  if (end - start < HEADER_BYTES) return undefined;
  const configuration = Buffer.from(buf.subarray(start, end));
  const sets = h265ParameterSets(configuration);
  if (sets === undefined) return undefined;
  const sps = sets.find((unit) => nalType(unit) === SPS_TYPE);
  const size = sps === undefined ? undefined : parseH265Sps(sps);
  return {
    kind: 'video',
    codec: 'h265',
    width: size?.width ?? 0,
    height: size?.height ?? 0,
    profile: PROFILES.get((configuration[1] ?? 0) & 0x1f) ?? '',
    codecString: codecString(configuration),
    configuration,
  };
}

export function h265NalLengthBytes(configuration: Buffer): number {
  return ((configuration[21] ?? 3) & 3) + 1;
}

/** VPS, SPS, PPS and SEI units in the record's order; undefined when it is cut. */
export function h265ParameterSets(configuration: Buffer): Buffer[] | undefined {
  const out: Buffer[] = [];
  const arrays = configuration[22] ?? 0;
  let at = HEADER_BYTES;
  for (let i = 0; i < arrays; i++) {
    if (at + 3 > configuration.length) return undefined;
    at = readArray(configuration, at + 3, configuration.readUInt16BE(at + 1), out);
    if (at < 0) return undefined;
  }
  return out;
}

function readArray(record: Buffer, start: number, count: number, out: Buffer[]): number {
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 2 > record.length) return -1;
    const end = at + 2 + record.readUInt16BE(at);
    if (end > record.length) return -1;
    out.push(record.subarray(at + 2, end));
    at = end;
  }
  return at;
}

function nalType(unit: Buffer): number {
  return ((unit[0] ?? 0) >> 1) & 0x3f;
}

/** ISO/IEC 14496-15 annex E.3: hvc1.1.6.L93.B0 */
function codecString(record: Buffer): string {
  const first = record[1] ?? 0;
  const space = ['', 'A', 'B', 'C'][first >> 6] ?? '';
  const tier = (first & 0x20) === 0 ? 'L' : 'H';
  const compatibility = reverse32(record.readUInt32BE(2)).toString(16).toUpperCase();
  const constraints = [...record.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  const tail = constraints.map((byte) => `.${byte.toString(16).toUpperCase()}`).join('');
  return `hvc1.${space}${first & 0x1f}.${compatibility}.${tier}${record[12] ?? 0}${tail}`;
}

function reverse32(value: number): number {
  let out = 0;
  for (let i = 0; i < 32; i++) out = out * 2 + ((value >>> i) & 1);
  return out;
}

/** Picture size of an SPS, H.265 7.3.2.2. */
function parseH265Sps(unit: Buffer): PictureSize | undefined {
  const bits = new BitReader(unescapeNalUnit(unit, 2, unit.length));
  bits.skip(4);
  const subLayers = bits.bits(3);
  bits.skip(1);
  skipProfileTierLevel(bits, subLayers);
  bits.ue();
  const chroma = bits.ue();
  if (chroma === 3) bits.skip(1);
  let width = bits.ue();
  let height = bits.ue();
  if (bits.flag()) {
    width -= (bits.ue() + bits.ue()) * (chroma === 1 || chroma === 2 ? 2 : 1);
    height -= (bits.ue() + bits.ue()) * (chroma === 1 ? 2 : 1);
  }
  return bits.overrun || width <= 0 || height <= 0 ? undefined : { width, height };
}

/** H.265 7.3.3 with profilePresentFlag 1. */
function skipProfileTierLevel(bits: BitReader, subLayers: number): void {
  bits.skip(96);
  const skips: number[] = [];
  for (let i = 0; i < subLayers; i++) skips.push((bits.flag() ? 88 : 0) + (bits.flag() ? 8 : 0));
  if (subLayers > 0) bits.skip((8 - subLayers) * 2);
  for (const count of skips) bits.skip(count);
}

import { parseH264Sps, type PictureSize } from './h264-sps.ts';
import type { VideoTrack } from './track.ts';

const PROFILES = new Map([
  [66, 'Baseline'],
  [77, 'Main'],
  [88, 'Extended'],
  [100, 'High'],
  [110, 'High 10'],
  [122, 'High 4:2:2'],
  [244, 'High 4:4:4 Predictive'],
]);

/**
 * Parses an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3):
 *
 *   version(1) profile compat level  111111 lengthSize-1  111 spsCount
 *   { u16 length, SPS }*  ppsCount  { u16 length, PPS }*
 */
export function parseH264Configuration(
  buf: Buffer,
  start: number,
  end: number,
): VideoTrack | undefined {
  if (end - start < 7 || buf[start] !== 1) return undefined;
  const configuration = Buffer.from(buf.subarray(start, end));
  const sets = h264ParameterSets(configuration);
  if (sets === undefined) return undefined;
  const size = pictureSize(sets.sps);
  if (size === undefined) return undefined;
  return {
    kind: 'video',
    codec: 'h264',
    width: size.width,
    height: size.height,
    profile: profileName(configuration),
    codecString: `avc1.${configuration.toString('hex', 1, 4)}`,
    configuration,
  };
}

/** An encoder may send its parameter sets in band only; then the size is unknown. */
function pictureSize(sps: Buffer[]): PictureSize | undefined {
  const first = sps[0];
  return first === undefined ? { width: 0, height: 0 } : parseH264Sps(first, 0, first.length);
}

/** Bytes of the length in front of each NAL unit: 1, 2 or 4. */
export function h264NalLengthBytes(configuration: Buffer): number {
  return ((configuration[4] ?? 3) & 3) + 1;
}

export interface H264ParameterSets {
  readonly sps: Buffer[];
  readonly pps: Buffer[];
}

/** The parameter sets of a record, without start codes; undefined when it is cut. */
export function h264ParameterSets(configuration: Buffer): H264ParameterSets | undefined {
  const sps: Buffer[] = [];
  const pps: Buffer[] = [];
  const ppsCountAt = readSets(configuration, 6, (configuration[5] ?? 0) & 0x1f, sps);
  const ppsCount = configuration[ppsCountAt];
  if (ppsCountAt < 0 || ppsCount === undefined) return undefined;
  return readSets(configuration, ppsCountAt + 1, ppsCount, pps) < 0 ? undefined : { sps, pps };
}

/** Returns where the sets end, -1 when the record ends before. */
function readSets(record: Buffer, start: number, count: number, out: Buffer[]): number {
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

function profileName(configuration: Buffer): string {
  const profile = configuration[1] ?? 0;
  // constraint_set1_flag makes Baseline the subset that everybody decodes.
  if (profile === 66 && ((configuration[2] ?? 0) & 0x40) !== 0) return 'Constrained Baseline';
  return PROFILES.get(profile) ?? '';
}

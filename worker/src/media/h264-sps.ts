import { BitReader } from './bit-reader.ts';
import { unescapeNalUnit } from './nal-units.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

interface Coded {
  readonly widthInMbs: number;
  readonly heightInMapUnits: number;
  readonly frameMbsOnly: boolean;
  readonly chromaFormat: number;
}

/** Profiles whose SPS carries chroma format and scaling lists, H.264 7.3.2.1.1. */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
/** No level allows more; a damaged SPS easily says more. */
const MAX_DIMENSION = 16_384;

/** Cropped picture size from an SPS NAL unit (with its header byte). */
export function parseH264Sps(buf: Buffer, start: number, end: number): PictureSize | undefined {
  if (end - start < 4 || ((buf[start] ?? 0) & 0x1f) !== 7) return undefined;
  const bits = new BitReader(unescapeNalUnit(buf, start + 1, end));
  const coded = readCoded(bits);
  const size = crop(bits, coded);
  return bits.overrun || !isSane(size) ? undefined : size;
}

function readCoded(bits: BitReader): Coded {
  const profile = bits.bits(8);
  bits.skip(16);
  bits.ue();
  const chromaFormat = HIGH_PROFILES.has(profile) ? readChroma(bits) : 1;
  bits.ue();
  readPicOrderCount(bits);
  bits.ue();
  bits.skip(1);
  const widthInMbs = bits.ue() + 1;
  const heightInMapUnits = bits.ue() + 1;
  const frameMbsOnly = bits.flag();
  if (!frameMbsOnly) bits.skip(1);
  bits.skip(1);
  return { widthInMbs, heightInMapUnits, frameMbsOnly, chromaFormat };
}

/** Returns ChromaArrayType: 0 also for three separate planes. */
function readChroma(bits: BitReader): number {
  const format = bits.ue();
  const separate = format === 3 && bits.flag();
  bits.ue();
  bits.ue();
  bits.skip(1);
  if (bits.flag()) {
    const lists = format === 3 ? 12 : 8;
    for (let i = 0; i < lists; i++) if (bits.flag()) skipScalingList(bits, i < 6 ? 16 : 64);
  }
  return separate ? 0 : format;
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let i = 0; i < size && !bits.overrun; i++) {
    if (next !== 0) next = (last + bits.se() + 256) % 256;
    if (next !== 0) last = next;
  }
}

function readPicOrderCount(bits: BitReader): void {
  const type = bits.ue();
  if (type === 0) bits.ue();
  if (type !== 1) return;
  bits.skip(1);
  bits.se();
  bits.se();
  const cycle = bits.ue();
  for (let i = 0; i < cycle && !bits.overrun; i++) bits.se();
}

/** Crop units depend on chroma subsampling and field coding, H.264 7.4.2.1.1. */
function crop(bits: BitReader, coded: Coded): PictureSize {
  const fields = coded.frameMbsOnly ? 1 : 2;
  let width = coded.widthInMbs * 16;
  let height = coded.heightInMapUnits * 16 * fields;
  if (bits.flag()) {
    const unitX = coded.chromaFormat === 1 || coded.chromaFormat === 2 ? 2 : 1;
    const unitY = (coded.chromaFormat === 1 ? 2 : 1) * fields;
    width -= (bits.ue() + bits.ue()) * unitX;
    height -= (bits.ue() + bits.ue()) * unitY;
  }
  return { width, height };
}

function isSane(size: PictureSize): boolean {
  return (
    size.width > 0 && size.height > 0 && size.width <= MAX_DIMENSION && size.height <= MAX_DIMENSION
  );
}

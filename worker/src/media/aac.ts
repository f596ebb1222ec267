import { BitReader } from './bit-reader.ts';
import type { AudioTrack } from './track.ts';

/** ISO/IEC 14496-3 table 1.18; the index 15 means 24 explicit bits. */
const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
  7_350,
];
const EXPLICIT_RATE = 15;
/** ISO/IEC 14496-3 table 1.19; 0 means a program config element. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8];
const SBR = 5;
const PS = 29;
const PROFILES = new Map([
  [1, 'Main'],
  [2, 'LC'],
  [3, 'SSR'],
  [4, 'LTP'],
  [SBR, 'HE-AAC'],
  [23, 'LD'],
  [PS, 'HE-AACv2'],
  [39, 'ELD'],
  [42, 'xHE-AAC'],
]);

/** What an AudioSpecificConfig says. Rates in Hz. */
export interface AacConfiguration {
  /** Of the core stream, as ADTS wants it. */
  objectType: number;
  sampleRate: number;
  /** 15 when the rate is none of the table. */
  sampleRateIndex: number;
  channelConfiguration: number;
  channels: number;
  sbr: boolean;
  ps: boolean;
  /** Rate after spectral band replication, else sampleRate. */
  outputSampleRate: number;
}

/** Parses an AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1). */
export function parseAacConfiguration(
  buf: Buffer,
  start: number,
  end: number,
): AudioTrack | undefined {
  const configuration = Buffer.from(buf.subarray(start, end));
  const aac = readAacConfiguration(configuration);
  if (aac === undefined) return undefined;
  const signalled = aac.sbr ? SBR : aac.objectType;
  const shown = aac.ps ? PS : signalled;
  return {
    kind: 'audio',
    codec: 'aac',
    sampleRate: aac.outputSampleRate,
    channels: aac.ps && aac.channels === 1 ? 2 : aac.channels,
    profile: PROFILES.get(shown) ?? '',
    codecString: `mp4a.40.${shown}`,
    configuration,
  };
}

/** The same in full; undefined when the record is cut or says nonsense. */
export function readAacConfiguration(configuration: Buffer): AacConfiguration | undefined {
  const bits = new BitReader(configuration);
  const out = readHeader(bits);
  if (hasGeneralAudioConfig(out.objectType)) readGeneralAudioConfig(bits, out);
  if (bits.overrun || out.channels === 0) return undefined;
  // Reserved rate indexes, of the core or of its extension.
  if (out.sampleRate === 0 || out.outputSampleRate === 0) return undefined;
  if (!out.sbr) readBackwardCompatibleExtension(bits, out);
  return out;
}

function readHeader(bits: BitReader): AacConfiguration {
  let objectType = readObjectType(bits);
  const sampleRateIndex = bits.bits(4);
  const sampleRate = rateOf(bits, sampleRateIndex);
  const channelConfiguration = bits.bits(4);
  const ps = objectType === PS;
  const sbr = ps || objectType === SBR;
  let outputSampleRate = sampleRate;
  if (sbr) {
    outputSampleRate = rateOf(bits, bits.bits(4));
    objectType = readObjectType(bits);
  }
  const channels = CHANNELS[channelConfiguration] ?? 0;
  return {
    objectType,
    sampleRate,
    sampleRateIndex,
    channelConfiguration,
    channels,
    sbr,
    ps,
    outputSampleRate,
  };
}

function readObjectType(bits: BitReader): number {
  const type = bits.bits(5);
  return type === 31 ? 32 + bits.bits(6) : type;
}

function rateOf(bits: BitReader, index: number): number {
  return index === EXPLICIT_RATE ? bits.bits(24) : (SAMPLE_RATES[index] ?? 0);
}

function hasGeneralAudioConfig(objectType: number): boolean {
  return (objectType >= 1 && objectType <= 7 && objectType !== 5) || objectType === 17;
}

/** GASpecificConfig, ISO/IEC 14496-3 4.4.1. */
function readGeneralAudioConfig(bits: BitReader, out: AacConfiguration): void {
  bits.skip(1);
  if (bits.flag()) bits.skip(14);
  const extension = bits.flag();
  if (out.channelConfiguration === 0) out.channels = readProgramConfig(bits);
  if (out.objectType === 6) bits.skip(3);
  if (!extension) return;
  if (out.objectType === 17) bits.skip(3);
  bits.skip(1);
}

/** Counts the channels of a program_config_element, 4.4.1.1. */
function readProgramConfig(bits: BitReader): number {
  bits.skip(10);
  const main = bits.bits(4) + bits.bits(4) + bits.bits(4);
  const lfe = bits.bits(2);
  const associated = bits.bits(3);
  const coupling = bits.bits(4);
  if (bits.flag()) bits.skip(4);
  if (bits.flag()) bits.skip(4);
  if (bits.flag()) bits.skip(3);
  let channels = lfe;
  for (let i = 0; i < main; i++) {
    channels += bits.flag() ? 2 : 1;
    bits.skip(4);
  }
  bits.skip(lfe * 4 + associated * 4 + coupling * 5);
  return channels;
}

/**
 * Old decoders ignore what follows GASpecificConfig, so SBR and PS may hide
 * there behind two sync words (1.6.6.1).
 */
function readBackwardCompatibleExtension(bits: BitReader, out: AacConfiguration): void {
  if (bits.remainingBits < 16 || bits.bits(11) !== 0x2b7) return;
  if (readObjectType(bits) !== SBR || !bits.flag()) return;
  const rate = rateOf(bits, bits.bits(4));
  if (bits.overrun || rate === 0) return;
  out.sbr = true;
  out.outputSampleRate = rate;
  if (bits.remainingBits >= 12 && bits.bits(11) === 0x548) out.ps = bits.flag();
}

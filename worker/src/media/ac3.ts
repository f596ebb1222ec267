import { BitReader } from './bit-reader.ts';
import type { AudioTrack } from './track.ts';

const RATES = [48_000, 44_100, 32_000];
/** Channels by acmod, without the low-frequency one (ETSI TS 102 366 4.4.2.3). */
const CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5];
const SYNC_WORD = 0x0b77;

/** AC-3 needs no configuration record: each sync frame has it (ETSI TS 102 366 4.3). */
export function parseAc3Frame(buf: Buffer, start: number, end: number): AudioTrack | undefined {
  if (end - start < 8 || buf.readUInt16BE(start) !== SYNC_WORD) return undefined;
  const bits = new BitReader(buf.subarray(start + 4, end));
  const rate = RATES[bits.bits(2)];
  bits.skip(6 + 5 + 3);
  const mode = bits.bits(3);
  if ((mode & 1) !== 0 && mode !== 1) bits.skip(2);
  if ((mode & 4) !== 0) bits.skip(2);
  if (mode === 2) bits.skip(2);
  return track('ac3', rate, mode, bits.flag());
}

/** Enhanced AC-3, ETSI TS 102 366 annex E.1.3.1.1. */
export function parseEac3Frame(buf: Buffer, start: number, end: number): AudioTrack | undefined {
  if (end - start < 6 || buf.readUInt16BE(start) !== SYNC_WORD) return undefined;
  const bits = new BitReader(buf.subarray(start + 4, end));
  const code = bits.bits(2);
  const low = bits.bits(2);
  const rate = code === 3 ? (RATES[low] ?? 0) / 2 : RATES[code];
  const mode = bits.bits(3);
  return track('eac3', rate, mode, bits.flag());
}

function track(
  codec: 'ac3' | 'eac3',
  sampleRate: number | undefined,
  mode: number,
  lowFrequency: boolean,
): AudioTrack | undefined {
  if (sampleRate === undefined || sampleRate === 0) return undefined;
  return {
    kind: 'audio',
    codec,
    sampleRate,
    channels: (CHANNELS[mode] ?? 0) + (lowFrequency ? 1 : 0),
    profile: '',
    codecString: codec === 'ac3' ? 'ac-3' : 'ec-3',
    configuration: Buffer.alloc(0),
  };
}

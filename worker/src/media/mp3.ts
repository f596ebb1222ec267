import type { AudioTrack } from './track.ts';

const MPEG1_RATES = [44_100, 48_000, 32_000];
/** By version bits: MPEG-2.5 has a quarter of MPEG-1's rates, MPEG-2 half. */
const RATE_DIVISORS = [4, 0, 2, 1];
const MONO = 3;

/** MP3 has no configuration record: every frame header has it (ISO/IEC 11172-3 2.4.1.3). */
export function parseMp3Frame(buf: Buffer, start: number, end: number): AudioTrack | undefined {
  if (end - start < 4) return undefined;
  const header = buf.readUInt32BE(start);
  const divisor = RATE_DIVISORS[(header >>> 19) & 3];
  const rate = MPEG1_RATES[(header >>> 10) & 3];
  const hasSync = header >>> 21 === 0x7ff;
  const hasLayer = ((header >>> 17) & 3) !== 0;
  if (!hasSync || !hasLayer || !divisor || rate === undefined) return undefined;
  return {
    kind: 'audio',
    codec: 'mp3',
    sampleRate: rate / divisor,
    channels: ((header >>> 6) & 3) === MONO ? 1 : 2,
    profile: '',
    codecString: 'mp4a.6B',
    configuration: Buffer.alloc(0),
  };
}

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyFrame, FrameKind, type Frame } from '../../media/frame.ts';
import { parseAacConfiguration } from '../../media/aac.ts';
import { parseH264Configuration } from '../../media/h264.ts';
import { parseH265Configuration } from '../../media/h265.ts';
import { CONFIGURATIONS } from '../../media/testing/configurations.ts';
import type { AudioTrack, VideoTrack } from '../../media/track.ts';
import {
  advanceCounters,
  advancePsiCounters,
  createTsProgram,
  framePacketCount,
  isTsCapable,
  TS_PACKET_BYTES,
  writeFrame,
  writePsi,
  type TsConfig,
  type TsProgram,
} from './packetizer.ts';
import { psiCrc32 } from './crc32.ts';
import { TsReader, type TsStream } from './reader.ts';
import { flvToTs, readFrames } from './testing/flv-to-ts.ts';

const FILE = readFileSync(new URL('../flv/testdata/h264-aac.flv', import.meta.url));

function parsed<T>(
  parse: (buf: Buffer, start: number, end: number) => T | undefined,
  bytes: Buffer,
): T {
  const track = parse(bytes, 0, bytes.length);
  if (track === undefined) throw new Error('configuration not parsed');
  return track;
}

const h264: VideoTrack = parsed(parseH264Configuration, CONFIGURATIONS.h264High1080);
const h265: VideoTrack = parsed(parseH265Configuration, CONFIGURATIONS.h265Main720);
const aac: AudioTrack = parsed(parseAacConfiguration, CONFIGURATIONS.aacLcStereo);

/** The same record with another size of NAL lengths. */
function withLengthBytes(track: VideoTrack, bytes: number): VideoTrack {
  const configuration = Buffer.from(track.configuration);
  const at = track.codec === 'h264' ? 4 : 21;
  configuration[at] = ((configuration[at] ?? 0) & 0xfc) | (bytes - 1);
  return { ...track, configuration };
}

function lengthPrefixed(units: readonly Buffer[], lengthBytes: number): Buffer {
  return Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(lengthBytes);
      length.writeUIntBE(unit.length, 0, lengthBytes);
      return [length, unit];
    }),
  );
}

function annexB(units: readonly Buffer[]): Buffer {
  return Buffer.concat(units.flatMap((unit) => [Buffer.from([0, 0, 0, 1]), unit]));
}

function frameOf(fields: Partial<Frame>, data: Buffer): Frame {
  // Junk around, as in a slab.
  const body = Buffer.concat([Buffer.alloc(7, 0x99), data, Buffer.alloc(5, 0x99)]);
  return { ...emptyFrame(), body, bodyStart: 2, dataStart: 7, bodyEnd: 7 + data.length, ...fields };
}

const videoFrame = (data: Buffer, fields: Partial<Frame> = {}): Frame =>
  frameOf({ kind: FrameKind.video, codec: 'h264', ...fields }, data);
const audioFrame = (data: Buffer): Frame => frameOf({ kind: FrameKind.audio, codec: 'aac' }, data);

/** Writes one frame into a buffer with guards and returns its packets. */
function packetsOf(frame: Frame, program: TsProgram, dtsMs = 0): Buffer {
  const counters = { psi: 3, video: 14, audio: 15 };
  const foretold = { ...counters };
  const count = framePacketCount(frame, program);
  const out = Buffer.alloc(count * TS_PACKET_BYTES + 64, 0xaa);
  expect(writeFrame(frame, dtsMs, program, counters, out, 32)).toBe(count * TS_PACKET_BYTES);
  expect(advanceCounters(frame, program, foretold)).toBe(count);
  expect(counters).toEqual(foretold);
  expect(out.subarray(0, 32).equals(Buffer.alloc(32, 0xaa))).toBe(true);
  expect(out.subarray(out.length - 32).equals(Buffer.alloc(32, 0xaa))).toBe(true);
  return out.subarray(32, out.length - 32);
}

interface Unit {
  streamType: number;
  pts: number;
  dts: number;
  isRandomAccess: boolean;
  data: Buffer;
}

function demux(
  program: TsProgram,
  packets: Buffer,
): { units: Unit[]; pcrs: number[]; reader: TsReader } {
  const units: Unit[] = [];
  const pcrs: number[] = [];
  const reader = new TsReader({
    onUnit: ({ stream, pts, dts, isRandomAccess, data }) =>
      units.push({
        streamType: stream.streamType,
        pts,
        dts,
        isRandomAccess,
        data: Buffer.from(data),
      }),
    onPcr: (ticks) => pcrs.push(ticks),
  });
  const psi = Buffer.alloc(2 * TS_PACKET_BYTES);
  writePsi(program, { psi: 0, video: 0, audio: 0 }, psi, 0);
  reader.push(psi, 0, psi.length);
  reader.push(packets, 0, packets.length);
  reader.flush();
  expect(reader.continuityErrors).toBe(0);
  expect(reader.skippedBytes).toBe(0);
  return { units, pcrs, reader };
}

const slice = (type: number, bytes: number): Buffer =>
  Buffer.concat([Buffer.from([type]), Buffer.alloc(bytes, 0x5a)]);

describe('isTsCapable', () => {
  it.each([
    [{ video: h264, audio: aac }, undefined],
    [{ video: h265 }, undefined],
    [{ audio: { ...aac, codec: 'mp3' } }, undefined],
    [{ audio: { ...aac, codec: 'ac3' } }, undefined],
    [{}, 'The stream has no tracks.'],
    [
      { video: { ...h264, codec: 'av1' } },
      'MPEG-TS cannot carry av1 video; publish H.264 or HEVC.',
    ],
    [
      { video: h264, audio: { ...aac, codec: 'opus' } },
      'MPEG-TS cannot carry opus audio; publish AAC.',
    ],
  ] as const)('judges %#', (config, sentence) => {
    expect(isTsCapable(config)).toBe(sentence);
  });

  it('refuses AAC that ADTS cannot describe', () => {
    // Object type 2 with an explicit rate of 12,345 Hz; object type 39 (ELD).
    const explicitRate = Buffer.from([0x17, 0x80, 0x18, 0x1c, 0x90]);
    const sentence = isTsCapable({ audio: { ...aac, configuration: explicitRate } });
    expect(sentence).toMatch(/ADTS cannot carry/);
  });
});

describe('program specific information', () => {
  it.each([
    [
      'video and audio',
      { video: h264, audio: aac },
      [
        [0x100, 0x1b],
        [0x101, 0x0f],
      ],
    ],
    ['HEVC alone', { video: h265 }, [[0x100, 0x24]]],
    ['MP3 alone', { audio: { ...aac, codec: 'mp3', sampleRate: 44_100 } }, [[0x101, 3]]],
    ['MP3 of MPEG-2', { audio: { ...aac, codec: 'mp3', sampleRate: 22_050 } }, [[0x101, 4]]],
    ['AC-3', { audio: { ...aac, codec: 'ac3' } }, [[0x101, 0x81]]],
  ] as [string, TsConfig, number[][]][])('lists %s', (_name, config, expected) => {
    const out = Buffer.alloc(2 * TS_PACKET_BYTES);
    let seen: readonly TsStream[] = [];
    const reader = new TsReader({
      onUnit: () => undefined,
      onProgram: (streams) => (seen = streams),
    });
    expect(writePsi(createTsProgram(config), { psi: 0, video: 0, audio: 0 }, out, 0)).toBe(
      out.length,
    );
    reader.push(out, 0, out.length);
    expect(seen.map(({ pid, streamType }) => [pid, streamType])).toEqual(expected);
  });

  it('counts PAT and PMT alike and wraps', () => {
    const program = createTsProgram({ video: h264 });
    const counters = { psi: 15, video: 0, audio: 0 };
    const out = Buffer.alloc(2 * TS_PACKET_BYTES);
    writePsi(program, counters, out, 0);
    expect([out[3], out[TS_PACKET_BYTES + 3]]).toEqual([0x1f, 0x1f]);
    expect(counters.psi).toBe(0);
    advancePsiCounters(counters);
    expect(counters.psi).toBe(1);
  });

  it('has the version follow the contents', () => {
    const version = (program: TsProgram): number => program.pmt[10] ?? 0;
    expect(version(createTsProgram({ video: h264 }))).not.toBe(
      version(createTsProgram({ video: h265 })),
    );
  });

  it('computes the CRC of the standard', () => {
    // Check value of CRC-32/MPEG-2 for "123456789".
    expect(psiCrc32(Buffer.from('123456789'), 0, 9)).toBe(0x0376e6e7);
  });
});

describe('writeFrame', () => {
  const program = createTsProgram({ video: h264, audio: aac });
  const delimiter = Buffer.from([0, 0, 0, 1, 0x09, 0xf0]);

  it('puts delimiter and parameter sets before a key frame', () => {
    const units = [slice(0x65, 500), slice(0x65, 10)];
    const frame = videoFrame(lengthPrefixed(units, 4), { isKey: true });
    const { units: read, pcrs } = demux(program, packetsOf(frame, program));
    const sets = createTsProgram({ video: h264 }).video?.parameterSets ?? Buffer.alloc(0);
    expect(sets.length).toBeGreaterThan(10);
    expect(read).toHaveLength(1);
    expect(read[0]?.data).toEqual(Buffer.concat([delimiter, sets, annexB(units)]));
    expect(read[0]?.isRandomAccess).toBe(true);
    expect(pcrs).toEqual([63_000]);
  });

  it('keeps the parameter sets that a key frame brings', () => {
    const units = [slice(0x09, 1), slice(0x67, 20), slice(0x68, 4), slice(0x65, 50)];
    const frame = videoFrame(lengthPrefixed(units, 4), { isKey: true });
    const read = demux(program, packetsOf(frame, program)).units;
    expect(read[0]?.data).toEqual(Buffer.concat([delimiter, annexB(units.slice(1))]));
  });

  it('does the same for HEVC', () => {
    const hevc = createTsProgram({ video: h265 });
    const units = [slice(35 << 1, 2), slice(19 << 1, 300)];
    const frame = videoFrame(lengthPrefixed(units, 4), { codec: 'h265', isKey: true });
    const data = demux(hevc, packetsOf(frame, hevc)).units[0]?.data ?? Buffer.alloc(0);
    const start = Buffer.concat([
      Buffer.from([0, 0, 0, 1, 0x46, 1, 0x50]),
      hevc.video?.parameterSets ?? delimiter,
    ]);
    expect(data).toEqual(Buffer.concat([start, annexB(units.slice(1))]));
    expect(start[start.indexOf(Buffer.from([0, 0, 0, 1, 0x40])) + 4]).toBe(0x40);
  });

  it('writes an ADTS header with the right length', () => {
    const read = demux(program, packetsOf(audioFrame(Buffer.alloc(1234, 7)), program)).units;
    const data = read[0]?.data ?? Buffer.alloc(0);
    expect(data.subarray(0, 7).toString('hex')).toBe(
      'fff150809b3ffc'.replace('9b3f', adtsLength(1241)),
    );
    expect(data.subarray(7).equals(Buffer.alloc(1234, 7))).toBe(true);
  });

  it.each([
    [0, 0, 126_000, 126_000],
    [1000, 80, 223_200, 216_000],
    [1000, -40, 212_400, 216_000],
    [0, -1500, 8_589_925_592, 126_000],
    // 26.5 hours: 33 bits of 90 kHz wrap.
    [95_443_717, 0, 125_938, 125_938],
    [2 ** 31, 40, 4_295_096_896, 4_295_093_296],
    [2 ** 32 + 5, 0, 126_450, 126_450],
  ])('gives dts %i ms with composition %i the right ticks', (dtsMs, compositionMs, pts, dts) => {
    const frame = videoFrame(lengthPrefixed([slice(0x41, 9)], 4), { compositionMs });
    const [unit] = demux(program, packetsOf(frame, program, dtsMs)).units;
    expect(unit).toMatchObject({ pts, dts });
  });

  it('writes the clock on audio when there is nothing else', () => {
    const alone = createTsProgram({ audio: aac });
    expect(demux(alone, packetsOf(audioFrame(Buffer.alloc(300)), alone)).pcrs).toEqual([63_000]);
    expect(demux(program, packetsOf(audioFrame(Buffer.alloc(300)), program)).pcrs).toEqual([]);
  });

  it.each([
    ['a configuration', videoFrame(Buffer.alloc(9), { isConfig: true })],
    ['an end of sequence', videoFrame(Buffer.alloc(9), { isEnd: true })],
    ['data', frameOf({ kind: FrameKind.data }, Buffer.alloc(9))],
    ['another codec', videoFrame(Buffer.alloc(9), { codec: 'av1' })],
    ['nothing', videoFrame(Buffer.alloc(0))],
    ['empty units', videoFrame(Buffer.alloc(12))],
    ['a unit longer than the frame', videoFrame(Buffer.from('0000ffff6588', 'hex'))],
    ['too long an audio frame', audioFrame(Buffer.alloc(8185))],
  ])('makes no packets of %s', (_name, frame) => {
    expect(packetsOf(frame, program)).toHaveLength(0);
  });

  it('leaves out what follows a broken length', () => {
    const good = lengthPrefixed([slice(0x41, 30)], 4);
    const frame = videoFrame(Buffer.concat([good, Buffer.from('00000009aabb', 'hex')]));
    const data = demux(program, packetsOf(frame, program)).units[0]?.data;
    expect(data).toEqual(Buffer.concat([delimiter, annexB([slice(0x41, 30)])]));
  });

  it('is the same arithmetic and reads back for any frame', () => {
    const unit = fc.tuple(
      fc.constantFrom(0x41, 0x65, 0x06, 0x67),
      fc.integer({ min: 0, max: 900 }),
    );
    fc.assert(
      fc.property(
        fc.array(unit, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(1, 2, 4),
        fc.boolean(),
        fc.integer({ min: -200, max: 200 }),
        (shapes, lengthBytes, isKey, compositionMs) => {
          const units = shapes.map(([type, bytes]) =>
            slice(type, lengthBytes === 1 ? bytes % 255 : bytes),
          );
          const own = createTsProgram({ video: withLengthBytes(h264, lengthBytes), audio: aac });
          const frame = videoFrame(lengthPrefixed(units, lengthBytes), { isKey, compositionMs });
          const packets = packetsOf(frame, own, 5000);
          const { units: read } = demux(own, packets);
          expect(read).toHaveLength(1);
          expect(read[0]?.data.subarray(-annexB(units).length)).toEqual(annexB(units));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('stuffs every size exactly', () => {
    const alone = createTsProgram({ audio: aac });
    for (let bytes = 1; bytes < 600; bytes++) {
      const data = Buffer.alloc(bytes, 3);
      for (const own of [program, alone]) {
        const read = demux(own, packetsOf(audioFrame(data), own)).units;
        expect(read[0]?.data.subarray(7).equals(data)).toBe(true);
      }
    }
  });

  it('leaves the length of long video open', () => {
    const frame = videoFrame(lengthPrefixed([slice(0x65, 100_000)], 4), { isKey: true });
    const packets = packetsOf(frame, program);
    const pes = packets.indexOf(Buffer.from([0, 0, 1, 0xe0]));
    expect(packets.readUInt16BE(pes + 4)).toBe(0);
    expect(demux(program, packets).units[0]?.data.length).toBeGreaterThan(100_000);
  });
});

describe('a file of ffmpeg', () => {
  it('reads back frame for frame', () => {
    const frames: { dts: number; pts: number; bytes: number }[] = [];
    readFrames(FILE, (frame, timestampMs) => {
      if (frame.isConfig || frame.isEnd || frame.codec === 'unknown') return;
      const pts = (timestampMs + frame.compositionMs) * 90 + 126_000;
      frames.push({ dts: timestampMs * 90 + 126_000, pts, bytes: frame.bodyEnd - frame.dataStart });
    });
    const units: { dts: number; pts: number }[] = [];
    const reader = new TsReader({ onUnit: ({ dts, pts }) => units.push({ dts, pts }) });
    const ts = flvToTs(FILE);
    reader.push(ts, 0, ts.length);
    reader.flush();
    expect(units).toEqual(frames.map(({ dts, pts }) => ({ dts, pts })));
    expect(reader.continuityErrors + reader.skippedBytes).toBe(0);
  });
});

function adtsLength(bytes: number): string {
  // channels 2: low two bits 10, then 13 bits of length, five ones behind.
  const bits = (BigInt(bytes) << 5n) | 0x1fn;
  return bits.toString(16).padStart(5, '0').slice(-4);
}

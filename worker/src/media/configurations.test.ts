import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAacConfiguration, readAacConfiguration } from './aac.ts';
import { parseAc3Frame, parseEac3Frame } from './ac3.ts';
import { parseAv1Configuration } from './av1.ts';
import { parseFlacConfiguration } from './flac.ts';
import { h264NalLengthBytes, h264ParameterSets, parseH264Configuration } from './h264.ts';
import { h265NalLengthBytes, h265ParameterSets, parseH265Configuration } from './h265.ts';
import { parseMp3Frame } from './mp3.ts';
import { parseOpusConfiguration } from './opus.ts';
import { CONFIGURATIONS } from './testing/configurations.ts';
import type { AudioTrack, VideoTrack } from './track.ts';
import { parseVp8KeyFrame } from './vp8.ts';
import { parseVp9Configuration } from './vp9.ts';

type Parse = (buf: Buffer, start: number, end: number) => VideoTrack | AudioTrack | undefined;
type Row = readonly [keyof typeof CONFIGURATIONS, Parse, string];

const VIDEO: readonly Row[] = [
  ['h264High1080', parseH264Configuration, 'h264 1920x1080 High avc1.640028'],
  ['h264Baseline360', parseH264Configuration, 'h264 640x360 Constrained Baseline avc1.42c01e'],
  ['h264Interlaced422', parseH264Configuration, 'h264 720x576 High 4:2:2 avc1.7a001e'],
  ['h264High444', parseH264Configuration, 'h264 320x180 High 4:4:4 Predictive avc1.f4000c'],
  ['h265Main720', parseH265Configuration, 'h265 1280x720 Main hvc1.1.6.L93.90'],
  ['av1Main180', parseAv1Configuration, 'av1 320x180 Main av01.0.00M.08'],
  ['vp9Boxed', parseVp9Configuration, 'vp9 0x0 Profile 0 vp09.00.11.08'],
  ['vp9Bare', parseVp9Configuration, 'vp9 0x0 Profile 0 vp09.00.11.08'],
  ['vp8KeyFrame', parseVp8KeyFrame, 'vp8 320x180  vp8'],
];

const AUDIO: readonly Row[] = [
  ['aacLcStereo', parseAacConfiguration, 'aac 44100x2 LC mp4a.40.2'],
  ['aacLcMono', parseAacConfiguration, 'aac 48000x1 LC mp4a.40.2'],
  ['aacLc51', parseAacConfiguration, 'aac 44100x6 LC mp4a.40.2'],
  ['aacHe', parseAacConfiguration, 'aac 48000x2 HE-AAC mp4a.40.5'],
  ['aacHeV2', parseAacConfiguration, 'aac 48000x2 HE-AACv2 mp4a.40.29'],
  ['aacHeBackward', parseAacConfiguration, 'aac 44100x2 HE-AAC mp4a.40.5'],
  ['opusHead', parseOpusConfiguration, 'opus 48000x2  opus'],
  ['flac', parseFlacConfiguration, 'flac 44100x2  flac'],
  ['mp3Frame', parseMp3Frame, 'mp3 44100x1  mp4a.6B'],
  ['ac3Frame', parseAc3Frame, 'ac3 44100x6  ac-3'],
  ['eac3Frame', parseEac3Frame, 'eac3 44100x2  ec-3'],
];

function describeTrack(track: VideoTrack | AudioTrack | undefined): string {
  if (track === undefined) return 'none';
  const size =
    track.kind === 'video'
      ? `${track.width}x${track.height}`
      : `${track.sampleRate}x${track.channels}`;
  return `${track.codec} ${size} ${track.profile} ${track.codecString}`;
}

describe('configuration records of real encoders', () => {
  it.each([...VIDEO, ...AUDIO])('%s', (key, parse, expected) => {
    const record = CONFIGURATIONS[key];
    expect(describeTrack(parse(record, 0, record.length))).toBe(expected);
    // The same inside of a larger buffer, as it lies in a message.
    const inside = Buffer.concat([Buffer.alloc(7, 0xff), record, Buffer.alloc(9, 0xff)]);
    expect(describeTrack(parse(inside, 7, 7 + record.length))).toBe(expected);
  });

  it('are copied, not pointed to', () => {
    const record = Buffer.from(CONFIGURATIONS.h264High1080);
    const track = parseH264Configuration(record, 0, record.length);
    record.fill(0);
    expect(track?.configuration).toEqual(CONFIGURATIONS.h264High1080);
  });

  it.each([...VIDEO, ...AUDIO])('%s cut anywhere never throws', (key, parse) => {
    const record = CONFIGURATIONS[key];
    for (let end = 0; end < record.length; end++) {
      expect(() => parse(record, 0, end)).not.toThrow();
    }
  });

  it('refuse a reserved rate of the band replication', () => {
    // Object type 5, rate index 4, two channels, the extension's rate index 13.
    const reserved = Buffer.from([0x2a, 0x16, 0x88, 0x00]);
    expect(parseAacConfiguration(reserved, 0, reserved.length)).toBeUndefined();
  });

  it('take any bytes without throwing or absurd sizes', () => {
    const parsers = [...new Set([...VIDEO, ...AUDIO].map(([, parse]) => parse))];
    const records = Object.values(CONFIGURATIONS);
    fc.assert(
      fc.property(
        fc.constantFrom(...parsers),
        fc.constantFrom(...records),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 }),
        (parse, record, changes) => {
          const mutated = Buffer.from(record);
          for (const [at, value] of changes) mutated[at % mutated.length] = value;
          const track = parse(mutated, 0, mutated.length);
          if (track?.kind === 'audio') expect(track.sampleRate).toBeGreaterThan(0);
          if (track?.codec === 'h264') expect(track.width).toBeLessThan(20_000);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('what packagers need of records', () => {
  it('lists H.264 parameter sets', () => {
    const record = CONFIGURATIONS.h264High1080;
    const sets = h264ParameterSets(record);
    expect(sets?.sps.map((unit) => unit.length)).toEqual([27]);
    expect(sets?.pps.map((unit) => unit.toString('hex'))).toEqual(['68ebe3cb22c0']);
    expect(h264NalLengthBytes(record)).toBe(4);
  });

  it('lists H.265 parameter sets in order', () => {
    const sets = h265ParameterSets(CONFIGURATIONS.h265Main720);
    expect(sets?.map((unit) => (unit.readUInt8(0) >> 1) & 0x3f)).toEqual([32, 33, 34]);
    expect(h265NalLengthBytes(CONFIGURATIONS.h265Main720)).toBe(4);
  });

  it('says the core rate of HE-AAC apart from its output rate', () => {
    expect(readAacConfiguration(CONFIGURATIONS.aacHe)).toMatchObject({
      objectType: 2,
      sampleRate: 24_000,
      sampleRateIndex: 6,
      outputSampleRate: 48_000,
      sbr: true,
    });
  });

  it('counts the channels of a program config element', () => {
    // Object type 2, 48 kHz, configuration 0; one front pair, one front
    // single, one back pair, one LFE: 5.1 spelled out.
    const bits =
      '00010' +
      '0011' +
      '0000' +
      '000' + // header, GASpecificConfig
      '0000' +
      '01' +
      '0011' + // element tag, profile, rate
      '0010' +
      '0000' +
      '0001' +
      '01' +
      '000' +
      '0000' +
      '000' + // counts, no mixdown
      '00000' +
      '10000' +
      '10001' +
      '0000'; // front, back, lfe
    const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
    const record = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
    expect(readAacConfiguration(record)).toMatchObject({ channels: 6, sampleRate: 48_000 });
  });

  it('reads an explicit sample rate', () => {
    // Object type 2, index 15, 24 bits of 47,999, 2 channels.
    const bits = `000101111${(47_999).toString(2).padStart(24, '0')}0010000`;
    const bytes = bits.match(/.{8}/g) ?? [];
    const record = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
    expect(readAacConfiguration(record)).toMatchObject({
      sampleRate: 47_999,
      sampleRateIndex: 15,
      channels: 2,
    });
  });
});

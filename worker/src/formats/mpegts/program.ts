import { readAacConfiguration } from '../../media/aac.ts';
import type { AudioCodec } from '../../media/frame.ts';
import { h264NalLengthBytes, h264ParameterSets } from '../../media/h264.ts';
import { h265NalLengthBytes, h265ParameterSets } from '../../media/h265.ts';
import type { AudioTrack, VideoTrack } from '../../media/track.ts';
import { StreamType } from './layout.ts';
import { patPacket, pmtPacket } from './psi.ts';

export interface TsConfig {
  readonly video?: VideoTrack | undefined;
  readonly audio?: AudioTrack | undefined;
}

/** What the packetizer needs of a video track, worked out once. */
export interface TsVideo {
  readonly codec: 'h264' | 'h265';
  readonly nalLengthBytes: number;
  /** Access unit delimiter with start code. */
  readonly delimiter: Buffer;
  /** VPS, SPS and PPS with start codes. */
  readonly parameterSets: Buffer;
}

export interface TsAudio {
  readonly codec: AudioCodec;
  readonly streamId: number;
  /** ADTS header without its length; empty for codecs that have their own. */
  readonly adtsHeader: Buffer;
}

/** Everything about a stream's tracks that the packets depend on. Immutable. */
export interface TsProgram {
  readonly video: TsVideo | undefined;
  readonly audio: TsAudio | undefined;
  /** Whole packets, continuity counter 0. */
  readonly pat: Buffer;
  readonly pmt: Buffer;
}

/** ISO/IEC 13818-1 table 2-22. */
const AUDIO_STREAM_ID = 0xc0;
const PRIVATE_STREAM_1 = 0xbd;

const START_CODE = Buffer.from([0, 0, 0, 1]);
/** primary_pic_type 7 and pic_type 2: any slice type may follow. */
const H264_DELIMITER = Buffer.from([0, 0, 0, 1, 0x09, 0xf0]);
const H265_DELIMITER = Buffer.from([0, 0, 0, 1, 0x46, 0x01, 0x50]);
const H265_VPS = 32;
const H265_PPS = 34;

/** MPEG-2 audio has half the rates of MPEG-1, from 16 kHz up. */
const MPEG1_LOWEST_HZ = 32_000;

/** Undefined when MPEG-TS can carry the tracks, else the sentence why not. */
export function isTsCapable(config: TsConfig): string | undefined {
  if (config.video === undefined && config.audio === undefined) return 'The stream has no tracks.';
  return videoFault(config.video) ?? audioFault(config.audio);
}

function videoFault(track: VideoTrack | undefined): string | undefined {
  if (track === undefined || tsVideo(track) !== undefined) return undefined;
  return `MPEG-TS cannot carry ${track.codec} video; publish H.264 or HEVC.`;
}

function audioFault(track: AudioTrack | undefined): string | undefined {
  if (track === undefined || tsAudio(track) !== undefined) return undefined;
  if (track.codec !== 'aac') return `MPEG-TS cannot carry ${track.codec} audio; publish AAC.`;
  return `ADTS cannot carry this kind of AAC (${track.codecString}); publish AAC-LC.`;
}

/** Tracks that TS cannot carry are left out; ask isTsCapable() first. */
export function createTsProgram(config: TsConfig): TsProgram {
  const video = config.video === undefined ? undefined : tsVideo(config.video);
  const audio = config.audio === undefined ? undefined : tsAudio(config.audio);
  return {
    video,
    audio,
    pat: patPacket(),
    pmt: pmtPacket(
      video === undefined ? undefined : StreamType[video.codec],
      audio === undefined ? undefined : audioStreamType(config.audio),
    ),
  };
}

function tsVideo(track: VideoTrack): TsVideo | undefined {
  if (track.codec === 'h264') {
    const sets = h264ParameterSets(track.configuration);
    return {
      codec: 'h264',
      nalLengthBytes: h264NalLengthBytes(track.configuration),
      delimiter: H264_DELIMITER,
      parameterSets: annexB(sets === undefined ? [] : [...sets.sps, ...sets.pps]),
    };
  }
  if (track.codec !== 'h265') return undefined;
  return {
    codec: 'h265',
    nalLengthBytes: h265NalLengthBytes(track.configuration),
    delimiter: H265_DELIMITER,
    parameterSets: annexB(h265Sets(track.configuration)),
  };
}

/** The record may hold its arrays in any order, and SEI among them. */
function h265Sets(configuration: Buffer): Buffer[] {
  const typeOf = (unit: Buffer): number => ((unit[0] ?? 0) >> 1) & 0x3f;
  return (h265ParameterSets(configuration) ?? [])
    .filter((unit) => typeOf(unit) >= H265_VPS && typeOf(unit) <= H265_PPS)
    .sort((a, b) => typeOf(a) - typeOf(b));
}

function annexB(units: Buffer[]): Buffer {
  const full = units.filter((unit) => unit.length > 0);
  return Buffer.concat(full.flatMap((unit) => [START_CODE, unit]));
}

function tsAudio(track: AudioTrack): TsAudio | undefined {
  switch (track.codec) {
    case 'aac': {
      const adtsHeader = adtsTemplate(track.configuration);
      return adtsHeader && { codec: 'aac', streamId: AUDIO_STREAM_ID, adtsHeader };
    }
    case 'mp3':
      return { codec: 'mp3', streamId: AUDIO_STREAM_ID, adtsHeader: Buffer.alloc(0) };
    case 'ac3':
    case 'eac3':
      return { codec: track.codec, streamId: PRIVATE_STREAM_1, adtsHeader: Buffer.alloc(0) };
    default:
      return undefined;
  }
}

function audioStreamType(track: AudioTrack | undefined): number {
  switch (track?.codec) {
    case 'mp3':
      return track.sampleRate >= MPEG1_LOWEST_HZ ? StreamType.mp3Mpeg1 : StreamType.mp3Mpeg2;
    case 'ac3':
      return StreamType.ac3;
    case 'eac3':
      return StreamType.eac3;
    default:
      return StreamType.aacAdts;
  }
}

/**
 * ADTS fixed header (ISO/IEC 14496-3 1.A.2.2) with frame length 0:
 *
 *   syncword(12) ID layer(2) protection_absent  profile(2) rate(4) private
 *   channels(3) ... frame_length(13) buffer_fullness(11) blocks(2)
 */
function adtsTemplate(configuration: Buffer): Buffer | undefined {
  const aac = readAacConfiguration(configuration);
  if (aac === undefined) return undefined;
  const { objectType, sampleRateIndex: rate, channelConfiguration: channels } = aac;
  // Two bits of profile, no explicit rate, three bits of channels.
  if (objectType < 1 || objectType > 4 || rate > 12 || channels < 1 || channels > 7) {
    return undefined;
  }
  const third = ((objectType - 1) << 6) | (rate << 2) | (channels >> 2);
  return Buffer.from([0xff, 0xf1, third, (channels & 3) << 6, 0, 0x1f, 0xfc]);
}

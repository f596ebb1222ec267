import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { FlvReader } from '@streamcluster/worker';

const CACHE = path.resolve(import.meta.dirname, '../../../.cache/bench');
const AUDIO = 8;
const VIDEO = 9;
/** A tag's head and the size behind it (FLV 10.1, E.4.1). */
export const FLV_TAG_OVERHEAD_BYTES = 15;

/** What a clip is encoded to. */
export interface ClipOptions {
  readonly size: string;
  readonly framesPerSecond: number;
  readonly videoBitsPerSecond: number;
  /** 0: no sound. */
  readonly audioSampleRate: number;
  readonly seconds: number;
}

/** 2 Mb/s as a viewer of HD television on the net gets it. */
export const CLIP_2_MBPS: ClipOptions = {
  size: '1280x720',
  framesPerSecond: 25,
  videoBitsPerSecond: 1_900_000,
  audioSampleRate: 44_100,
  seconds: 20,
};

/** 1 Mb/s in 61 messages a second (30 pictures and 31 AAC frames). */
export const CLIP_1_MBPS: ClipOptions = {
  size: '640x360',
  framesPerSecond: 30,
  videoBitsPerSecond: 900_000,
  audioSampleRate: 32_000,
  seconds: 20,
};

/** 7.5 Mb/s, as a large screen gets it. */
export const CLIP_7_MBPS: ClipOptions = {
  size: '1920x1080',
  framesPerSecond: 30,
  videoBitsPerSecond: 7_150_000,
  audioSampleRate: 44_100,
  seconds: 10,
};

/** 10 messages a second and nearly no bytes. */
export const CLIP_IDLE: ClipOptions = {
  size: '64x36',
  framesPerSecond: 10,
  videoBitsPerSecond: 16_000,
  audioSampleRate: 0,
  seconds: 20,
};

/** For many streams where only their number matters. */
export const CLIP_SMALL: ClipOptions = {
  size: '160x90',
  framesPerSecond: 10,
  videoBitsPerSecond: 50_000,
  audioSampleRate: 16_000,
  seconds: 20,
};

/** By name, of those for many streams. */
export function smallClip(name: string): ClipOptions {
  if (name === 'small') return CLIP_SMALL;
  if (name === 'idle') return CLIP_IDLE;
  throw new Error(`no clip ${name}; there are small, idle`);
}

const AUDIO_BITS_PER_SECOND = 96_000;
/** Of every clip. */
export const GOP_SECONDS = 2;

export interface ClipTag {
  readonly kind: number;
  readonly timestampMs: number;
  readonly body: Buffer;
  readonly isKey: boolean;
}

/** A piece of real H.264 and AAC that can be repeated without a seam in time. */
export interface Clip {
  readonly durationMs: number;
  /** Configurations and metadata, to send before anything else. */
  readonly head: readonly ClipTag[];
  readonly tags: readonly ClipTag[];
  /** Of the FLV stream, framing included; whole. */
  readonly bitsPerSecond: number;
  /** The same as an FLV file. */
  readonly file: string;
}

export async function loadClip(options: ClipOptions): Promise<Clip> {
  fs.mkdirSync(CACHE, { recursive: true });
  const name = `${options.size}-${options.videoBitsPerSecond}-${options.audioSampleRate}`;
  const file = path.join(CACHE, `${name}-${options.framesPerSecond}fps.flv`);
  if (!fs.existsSync(file)) await encode(file, options);
  return readClip(file, options.seconds * 1000);
}

async function encode(file: string, options: ClipOptions): Promise<void> {
  const rate = String(options.videoBitsPerSecond);
  const gop = String(options.framesPerSecond * GOP_SECONDS);
  const part = `${file}.${process.pid}.part`;
  const picture = `testsrc2=size=${options.size}:rate=${options.framesPerSecond}`;
  const sound = soundOf(options);
  await promisify(execFile)('ffmpeg', [
    ...['-nostdin', '-y', '-v', 'error', '-f', 'lavfi', '-i', picture, ...sound.input],
    ...['-t', String(options.seconds), '-threads', '1', '-c:v', 'libx264', '-preset', 'veryfast'],
    ...['-pix_fmt', 'yuv420p', '-bf', '2', '-g', gop, '-keyint_min', gop, '-sc_threshold', '0'],
    ...['-b:v', rate, '-maxrate', rate, '-bufsize', rate, '-x264-params', 'nal-hrd=cbr'],
    ...[...sound.codec, '-f', 'flv', part],
  ]);
  fs.renameSync(part, file);
}

function soundOf({ audioSampleRate, videoBitsPerSecond }: ClipOptions): {
  input: string[];
  codec: string[];
} {
  if (audioSampleRate === 0) return { input: [], codec: [] };
  const noise = `anoisesrc=seed=7:amplitude=0.1:sample_rate=${audioSampleRate}`;
  const rate = String(Math.min(AUDIO_BITS_PER_SECOND, videoBitsPerSecond));
  return { input: ['-f', 'lavfi', '-i', noise], codec: ['-c:a', 'aac', '-b:a', rate] };
}

/** Tags beyond the duration are left out, so that the clip's end meets its start. */
function readClip(file: string, durationMs: number): Clip {
  const flv = fs.readFileSync(file);
  const head: ClipTag[] = [];
  const tags: ClipTag[] = [];
  const reader = new FlvReader({
    // eslint-disable-next-line max-params -- As the reader calls it.
    onTag(kind, timestampMs, buf, start, end) {
      const body = Buffer.from(buf.subarray(start, end));
      const tag = { kind, timestampMs, body, isKey: isKeyFrame(kind, body) };
      if (isHead(kind, body)) head.push(tag);
      else if (timestampMs < durationMs && body.length > 5) tags.push(tag);
    },
  });
  const error = reader.push(flv, 0, flv.length);
  if (error !== undefined) throw new Error(`clip cannot be read: ${error}`);
  const bytes = tags.reduce((sum, tag) => sum + tag.body.length + FLV_TAG_OVERHEAD_BYTES, 0);
  const bitsPerSecond = Math.round((bytes * 8000) / durationMs);
  return { durationMs, head, tags, bitsPerSecond, file };
}

function isHead(kind: number, body: Buffer): boolean {
  return (kind !== AUDIO && kind !== VIDEO) || body[1] === 0;
}

function isKeyFrame(kind: number, body: Buffer): boolean {
  return kind === VIDEO && (body[0] ?? 0) >> 4 === 1 && body[1] === 1;
}

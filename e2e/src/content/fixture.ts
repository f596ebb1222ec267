import fs from 'node:fs';
import path from 'node:path';
import { run } from '../harness/child.ts';
import { cacheFolder } from '../harness/paths.ts';
import { readAdts } from './adts.ts';
import { FlvTags, isAudio, isVideo, type FlvTag } from './flv-tags.ts';
import { decodedFrames, type DecodedFrame } from './framemd5.ts';

export const GOP_FRAMES = 50;
export const FRAME_BYTES = (640 * 360 * 3) / 2;
export const FRAMES_PER_SECOND = 25;

/** A file as a broadcaster has it, and what is in it. */
export interface Fixture {
  readonly file: string;
  readonly seconds: number;
  readonly bitsPerSecond: number;
  /** Decoded pictures in display order; key frames at multiples of GOP_FRAMES. */
  readonly video: readonly DecodedFrame[];
  /** AAC access units without ADTS headers. */
  readonly audio: readonly Buffer[];
  /** Pictures and sounds as ffmpeg packages them for RTMP and FLV. */
  readonly tags: readonly FlvTag[];
}

export interface FixtureOptions {
  readonly seconds: number;
  readonly size: string;
  readonly videoBitsPerSecond: number;
  /** Of its sound: clips that differ in it have no sound in common. */
  readonly seed?: number;
}

const SMALL: FixtureOptions = { seconds: 20, size: '640x360', videoBitsPerSecond: 800_000 };
const AUDIO_BITS_PER_SECOND = 96_000;
const SEED = 7;
const END_OF_SEQUENCE_BYTES = 5;

/** H.264 with B-frames at 25 fps, closed GOPs of 2 s, and AAC at 44.1 kHz. */
export async function fixture(options: FixtureOptions = SMALL): Promise<Fixture> {
  const { seconds, size, videoBitsPerSecond, seed = SEED } = options;
  const folder = cacheFolder('fixtures');
  const other = seed === SEED ? '' : `-${seed}`;
  const name = `h264-aac-${size}-${seconds}s-${videoBitsPerSecond}${other}.mp4`;
  const file = path.join(folder, name);
  if (!fs.existsSync(file)) await make(file, options);
  const adts = `${file}.aac`;
  const frames = `${file}.framemd5`;
  const flv = `${file}.flv`;
  if (!fs.existsSync(frames)) {
    await atomically(flv, (to) => [...input(file), '-c', 'copy', '-f', 'flv', to]);
    await atomically(adts, (to) => [...input(file), '-map', '0:a', '-c', 'copy', '-f', 'adts', to]);
    await atomically(frames, (to) => [...input(file), '-map', '0:v', ...FRAMEMD5, to]);
  }
  return {
    file,
    seconds,
    bitsPerSecond: videoBitsPerSecond + AUDIO_BITS_PER_SECOND,
    video: decodedFrames(fs.readFileSync(frames, 'utf8')),
    audio: readAdts(fs.readFileSync(adts)),
    tags: mediaTags(fs.readFileSync(flv)),
  };
}

/** Pictures and sounds of an FLV file. */
export function mediaTags(flv: Buffer): FlvTag[] {
  const tags: FlvTag[] = [];
  new FlvTags((tag) => tags.push(tag)).push(flv);
  return tags.filter(isMedia);
}

/** Neither configuration nor metadata, nor the five bytes that end a sequence. */
export function isMedia(tag: FlvTag): boolean {
  return (
    (isVideo(tag) || isAudio(tag)) && !(isVideo(tag) && tag.body.length <= END_OF_SEQUENCE_BYTES)
  );
}

/** Output options of ffmpeg for one line a decoded picture, times as they came. */
export const FRAMEMD5 = ['-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'framemd5'];

function input(file: string): string[] {
  return ['-i', file];
}

function make(file: string, options: FixtureOptions): Promise<void> {
  const { seconds, size, videoBitsPerSecond, seed = SEED } = options;
  const rate = String(videoBitsPerSecond);
  // Noise makes every AAC access unit different, so that one lost is noticed.
  const sound = `sine=frequency=440:sample_rate=44100,volume=0.3[a];anoisesrc=seed=${seed}:amplitude=0.05:sample_rate=44100[b];[a][b]amix`;
  return atomically(file, (to) => [
    ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${FRAMES_PER_SECOND}`],
    ...['-f', 'lavfi', '-i', sound, '-t', String(seconds), '-threads', '1'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-bf', '2'],
    ...['-g', String(GOP_FRAMES), '-keyint_min', String(GOP_FRAMES), '-sc_threshold', '0'],
    ...['-b:v', rate, '-maxrate', rate, '-bufsize', rate, '-x264-params', 'nal-hrd=cbr'],
    ...['-c:a', 'aac', '-ac', '2', '-b:a', String(AUDIO_BITS_PER_SECOND), '-f', 'mp4', to],
  ]);
}

/** Several test processes may want the same file at once: the last one wins. */
async function atomically(file: string, args: (to: string) => string[]): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  await run('ffmpeg', ['-nostdin', '-y', '-v', 'error', ...args(part)], 120_000);
  fs.renameSync(part, file);
}

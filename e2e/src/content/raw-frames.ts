import crypto from 'node:crypto';
import fs from 'node:fs';
import type { DecodedFrame } from './framemd5.ts';

const NEWLINE = 10;
/** What a decoder holds back for B-frames, and some. */
const BROKEN_TAIL = 8;

/** MD5 of each picture in a file of bare planar pictures of the given size. */
export function rawFrameHashes(file: string, frameBytes: number): string[] {
  return hashes(file, 0, 0, frameBytes);
}

/** The same of a YUV4MPEG2 file, as VLC writes it. */
export function y4mFrameHashes(file: string, frameBytes: number): string[] {
  const head = Buffer.alloc(200);
  const fd = fs.openSync(file, 'r');
  fs.readSync(fd, head);
  fs.closeSync(fd);
  return hashes(file, head.indexOf(NEWLINE) + 1, 'FRAME\n'.length, frameBytes);
}

// Skips `first` bytes of the file, then `between` bytes before each picture.
function hashes(file: string, first: number, between: number, frameBytes: number): string[] {
  const found: string[] = [];
  const fd = fs.openSync(file, 'r');
  const frame = Buffer.alloc(frameBytes);
  for (let at = first + between; ; at += frameBytes + between) {
    if (fs.readSync(fd, frame, 0, frameBytes, at) < frameBytes) break;
    found.push(crypto.createHash('md5').update(frame).digest('hex'));
  }
  fs.closeSync(fd);
  return found;
}

/**
 * Without the last few pictures as far as they are none of the source. When a
 * live stream stops, VLC waits, and shows at the end what is left in its decoder
 * in a hurry and broken.
 */
export function withoutBrokenTail(
  source: readonly DecodedFrame[],
  shown: readonly string[],
): string[] {
  const known = new Set(source.map(({ md5 }) => md5));
  const end = shown.findLastIndex((md5) => known.has(md5)) + 1;
  return shown.slice(0, shown.length - end > BROKEN_TAIL ? shown.length : end);
}

/** How what a player showed lies in the source. */
export interface Shown {
  /** Different pictures. */
  readonly pictures: number;
  /** Of the source, between the first and the last shown, and not shown. */
  readonly missing: number;
  /** Shown again right behind itself. */
  readonly repeated: number;
}

/** Throws when a picture is not the source's, or comes before an earlier one. */
export function locateShown(source: readonly DecodedFrame[], shown: readonly string[]): Shown {
  const indexes = new Map(source.map(({ md5 }, index) => [md5, index]));
  const [first, last] = [shown.at(0), shown.at(-1)].map((md5) => indexes.get(md5 ?? '') ?? 0);
  let previous = -1;
  let repeated = 0;
  for (const [i, md5] of shown.entries()) {
    const index = indexes.get(md5);
    if (index === undefined) throw new Error(`picture ${i} shown is none of the source`);
    if (index < previous) throw new Error(`picture ${index} shown behind ${previous}`);
    if (index === previous) repeated++;
    previous = index;
  }
  const pictures = shown.length - repeated;
  return { pictures, missing: (last ?? 0) - (first ?? 0) + 1 - pictures, repeated };
}

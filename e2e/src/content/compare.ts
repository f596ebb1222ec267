import type { DecodedFrame } from './framemd5.ts';
import { GOP_FRAMES, isMedia, type Fixture } from './fixture.ts';
import { isAudio, isVideo, type FlvTag } from './flv-tags.ts';

/** FLV's clock is in whole ms, and both ends of a difference are rounded. */
const TOLERANCE_MS = 1.0001;

export interface Part {
  /** Index in the source of the first one received. */
  readonly first: number;
  readonly count: number;
}

export interface Expectation {
  /** Which part has to be there to the source's last frame. */
  readonly toTheEnd: boolean;
  readonly atLeast: number;
}

/**
 * Says where in the source the received pictures are. Throws unless they are
 * the source's from a key frame on: none missing, none twice, and their times
 * as far apart as in the source.
 */
export function compareVideo(
  source: Fixture,
  received: readonly DecodedFrame[],
  expected: Expectation,
): Part {
  const first = locate(source.video, received, (a, b) => a.md5 === b.md5, 'picture');
  if (first % GOP_FRAMES !== 0) {
    throw new Error(`first picture is number ${first} of the source, not a key frame`);
  }
  compareTimes(source.video.slice(first), received);
  return checked({ first, count: received.length }, source.video.length, expected, 'pictures');
}

/** The same for AAC access units, which may begin anywhere. */
export function compareAudio(
  source: Fixture,
  received: readonly Buffer[],
  expected: Expectation,
): Part {
  const first = locate(source.audio, received, (a, b) => a.equals(b), 'access unit');
  return checked({ first, count: received.length }, source.audio.length, expected, 'access units');
}

/**
 * The same for what an FLV viewer got: tags from a key frame on, whose times are
 * as far apart as the source's. Each kind is checked for itself, because
 * pictures and sounds of one moment may swap places.
 */
export function compareTags(
  source: Fixture,
  received: readonly FlvTag[],
  expected: Expectation,
): { video: Part; audio: Part } {
  const media = received.filter(isMedia);
  if (media.find(isVideo)?.isKey === false) throw new Error('does not start at a key frame');
  const [video, audio] = [isVideo, isAudio].map((isKind) =>
    compareKind(source.tags.filter(isKind), media.filter(isKind), expected),
  );
  if (video === undefined || audio === undefined) throw new Error('unreachable');
  return { video, audio };
}

function compareKind(
  source: readonly FlvTag[],
  received: readonly FlvTag[],
  expected: Expectation,
): Part {
  const first = locate(source, received, (a, b) => a.body.equals(b.body), 'tag');
  const toTime = ({ timestampMs }: FlvTag): { ptsMs: number } => ({ ptsMs: timestampMs });
  compareTimes(source.slice(first).map(toTime), received.map(toTime));
  return checked({ first, count: received.length }, source.length, expected, 'tags');
}

function locate<T>(
  source: readonly T[],
  received: readonly T[],
  equal: (a: T, b: T) => boolean,
  what: string,
): number {
  const [head] = received;
  if (head === undefined) throw new Error(`no ${what} received`);
  const first = source.findIndex((one) => equal(one, head));
  if (first < 0) throw new Error(`the first ${what} received is not one of the source's`);
  for (const [i, one] of received.entries()) {
    const wanted = source[first + i];
    if (wanted !== undefined && equal(wanted, one)) continue;
    const other = source.findIndex((candidate) => equal(candidate, one));
    const found = other < 0 ? 'none of the source' : `number ${other}`;
    throw new Error(`${what} ${i} received is ${found}, should be number ${first + i}`);
  }
  return first;
}

function compareTimes(
  source: readonly { ptsMs: number }[],
  received: readonly { ptsMs: number }[],
): void {
  const [sourceHead] = source;
  const [head] = received;
  if (sourceHead === undefined || head === undefined) return;
  for (const [i, { ptsMs }] of received.entries()) {
    const wanted = (source[i]?.ptsMs ?? 0) - sourceHead.ptsMs;
    const offMs = ptsMs - head.ptsMs - wanted;
    if (Math.abs(offMs) > TOLERANCE_MS) {
      throw new Error(`number ${i} is ${offMs.toFixed(2)} ms off its time`);
    }
  }
}

function checked(part: Part, total: number, expected: Expectation, what: string): Part {
  const end = part.first + part.count;
  if (expected.toTheEnd && end !== total) {
    throw new Error(`received ${what} end at ${end} of ${total}`);
  }
  if (part.count < expected.atLeast) {
    throw new Error(`${part.count} ${what} received, fewer than ${expected.atLeast}`);
  }
  return part;
}

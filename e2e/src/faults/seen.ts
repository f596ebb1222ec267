import { createHash } from 'node:crypto';
import { isMedia, type Fixture } from '../content/fixture.ts';
import { isVideo, type FlvTag } from '../content/flv-tags.ts';

/** What a viewer saw across a fault. */
export interface Seen {
  /** Pictures and sounds. */
  readonly frames: number;
  /** Of the sources, between the first and the last one that came of each. */
  readonly missing: number;
  /** How often another source began. */
  readonly changes: number;
  /** Longest time without a picture or a sound. */
  readonly longestMs: number;
}

interface Origin {
  readonly source: number;
  readonly index: number;
}

/**
 * Counts what is missing. Throws on anything that is of none of the sources, comes
 * twice or out of order, goes back in time, or does not begin at a key frame,
 * at first and wherever another source goes on.
 */
export function seen(sources: readonly Fixture[], tags: readonly FlvTag[]): Seen {
  const media = tags.filter(isMedia);
  const kinds = [media.filter(isVideo), media.filter((tag) => !isVideo(tag))];
  const [video, audio] = kinds.map((kind) => seenOfKind(sources, kind));
  if (video === undefined || audio === undefined) throw new Error('unreachable');
  const times = media.map(({ receivedAtMs }) => receivedAtMs);
  const pauses = times.slice(1).map((atMs, i) => atMs - (times[i] ?? 0));
  return {
    frames: media.length,
    missing: video.missing + audio.missing,
    changes: video.changes,
    longestMs: Math.max(0, ...pauses),
  };
}

function seenOfKind(
  sources: readonly Fixture[],
  received: readonly FlvTag[],
): Pick<Seen, 'missing' | 'changes'> {
  const origins = originsOf(sources);
  const lastIndex = new Map<number, number>();
  let [missing, changes] = [0, 0];
  let before: { readonly tag: FlvTag; readonly source: number } | undefined;
  for (const [i, tag] of received.entries()) {
    const what = `tag ${i} (kind ${tag.kind}, ${tag.timestampMs} ms)`;
    const origin = origins.get(hashOf(tag));
    if (origin === undefined) throw new Error(`${what} is of no source`);
    const { source, index } = origin;
    const last = lastIndex.get(source) ?? index - 1;
    if (index <= last) throw new Error(`${what} is number ${index}, after ${last}`);
    if (before !== undefined) checkTime(what, tag, before.tag);
    if (source !== before?.source) checkStart(what, tag);
    changes += before !== undefined && source !== before.source ? 1 : 0;
    missing += index - last - 1;
    lastIndex.set(source, index);
    before = { tag, source };
  }
  return { missing, changes };
}

function checkTime(what: string, { timestampMs }: FlvTag, before: FlvTag): void {
  if (timestampMs < before.timestampMs) {
    throw new Error(`${what} is before ${before.timestampMs} ms`);
  }
}

function checkStart(what: string, tag: FlvTag): void {
  if (isVideo(tag) && !tag.isKey) throw new Error(`${what} begins a source and is no key frame`);
}

function originsOf(sources: readonly Fixture[]): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const [source, { tags }] of sources.entries()) {
    for (const [index, tag] of tags.filter(isVideo).entries()) {
      origins.set(hashOf(tag), { source, index });
    }
    for (const [index, tag] of tags.filter((one) => !isVideo(one)).entries()) {
      origins.set(hashOf(tag), { source, index });
    }
  }
  return origins;
}

function hashOf({ body }: FlvTag): string {
  return createHash('sha1').update(body).digest('base64');
}

/** For the one line that a test prints. */
export function seenText({ frames, missing, changes, longestMs }: Seen): string {
  const pause = `longest pause ${longestMs.toFixed(0)} ms`;
  return `${frames} frames, ${missing} missing, ${changes} changes of source, ${pause}`;
}

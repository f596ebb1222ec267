import { warningsOf } from '../../fleet/publisher-conditions.ts';
import type { StreamView } from '../../fleet/stream-view.ts';
import type { Item } from './difference.ts';

/** Of thousands of streams little is told, and small changes of figures are not. */
export function streamRow(stream: StreamView): Item {
  const { name, state, viewers, bitsPerSecond, home, ingest, startedUnixMs, replicas } = stream;
  const video = stream.tracks.find(({ kind }) => kind === 'video');
  const audio = stream.tracks.find(({ kind }) => kind === 'audio');
  return {
    ...{ name, state, viewers, home, ingest },
    bitsPerSecond: twoDigits(bitsPerSecond),
    startedUnixMs: startedUnixMs ?? null,
    replicas: replicas.length,
    video: video === undefined ? '' : `${video.codec} ${video.width}×${video.height}`,
    audio: audio?.codec ?? '',
    /** What is wrong with how its publisher sends. */
    warnings: warningsOf(stream.health).join(' '),
  };
}

/** What the page shows: 2.1 Mb/s. */
function twoDigits(number: number): number {
  return Number(number.toPrecision(2));
}

import type { RelayHello } from '../formats/relay/hello.ts';
import {
  RELAY_LENGTH_BYTES,
  RELAY_RECORD_OVERHEAD,
  RELAY_SEQUENCE_BYTES,
  RelayKind,
} from '../formats/relay/record.ts';
import { relayHelloRecord, relayMarkRecord } from '../formats/relay/writer.ts';
import type { FrameStore } from './frame-store.ts';
import type { PackagedLog } from './packaged-log.ts';
import type { SegmentList } from './segment-list.ts';
import type { TrackHistory } from './tracks.ts';
import type { RelayStart } from './viewer-set.ts';

/** The part of a hello that does not depend on where the relay starts. */
type HelloBase = Omit<RelayHello, 'fromSequence' | 'tracks' | 'metadata' | 'nearDtsMs'>;

export interface RelayStartOptions {
  readonly store: FrameStore;
  readonly tracks: TrackHistory;
  /** Of the next frame to be stored; -1 before the first. */
  readonly nextSequence: number;
  readonly lastDtsMs: number;
  readonly segments: number;
  readonly base: HelloBase;
}

/** Where a relay that wants frames from a sequence on starts; without one, at
 * the oldest segment that playlists show. */
export function relayStart(
  log: PackagedLog,
  options: RelayStartOptions,
  fromSequence: number | undefined,
): RelayStart {
  const wanted =
    fromSequence ?? options.store.segments.relayStart(options.segments)?.mark.frameSequence ?? 0;
  const found = findFrame(log, wanted);
  const sequence = found?.sequence ?? Math.max(0, options.nextSequence);
  return {
    position: found?.position ?? log.log.head,
    bytes: relayGreeting(options, sequence),
  };
}

/** Hello, and the marks up to the first frame that follows. */
export function relayGreeting(options: RelayStartOptions, sequence: number): Buffer {
  const { tracks, base, store } = options;
  const entries = tracks.at(sequence).map((entry) => ({
    kind: entry.kind,
    sequence: entry.sequence,
    body: entry.body.toString('base64'),
  }));
  const hello: RelayHello = {
    ...base,
    fromSequence: sequence,
    nearDtsMs: Math.max(0, options.lastDtsMs),
    tracks: entries,
    ...(tracks.metadata === undefined ? {} : { metadata: tracks.metadata.toString('base64') }),
  };
  return Buffer.concat([relayHelloRecord(hello), ...marksUpTo(store.segments, sequence)]);
}

function marksUpTo(segments: SegmentList, sequence: number): Buffer[] {
  return segments.all
    .filter(({ mark }) => mark.frameSequence <= sequence)
    .map(({ mark }) => relayMarkRecord(mark));
}

/** The first frame of the log that is not older than wanted. */
function findFrame(
  packaged: PackagedLog,
  wanted: number,
): { position: number; sequence: number } | undefined {
  const { log } = packaged;
  let position = packaged.starts.atOrBeforeSequence(wanted)?.position ?? packaged.oldestPosition;
  while (position < log.head) {
    const extent = log.locate(position);
    if (extent === undefined) return undefined;
    const at = position - extent.start;
    if (extent.buffer[at + RELAY_LENGTH_BYTES] === RelayKind.frame) {
      const sequence = extent.buffer.readUIntBE(at + RELAY_RECORD_OVERHEAD, RELAY_SEQUENCE_BYTES);
      if (sequence >= wanted) return { position, sequence };
    }
    position += RELAY_LENGTH_BYTES + extent.buffer.readUInt32BE(at);
  }
  return undefined;
}

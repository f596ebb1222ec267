import {
  StreamInfo_Role,
  type DirectoryEntry,
  type PublisherHealth,
  type StreamInfo,
  type TrackInfo,
} from '@streamcluster/proto';
import type { WorkerSighting } from './fleet.ts';

/** What a worker does for a stream. */
type Role = 'ingest' | 'home' | 'ingest-and-home' | 'replica' | 'relay';

/** A worker's part in a stream. */
export interface StreamPart {
  readonly worker: string;
  readonly role: Role;
  /** Viewers by protocol; `relay` counts other workers. */
  readonly viewers: Readonly<Record<string, number>>;
  /** Worker that it pulls the stream from; empty: from nobody. */
  readonly upstream: string;
}

/** A stream as API and metrics show it: the directory's entry, and what its
 * workers reported last. */
export interface StreamView {
  readonly name: string;
  /** `starting`: published, not reported yet. `waiting`: its publisher is away. */
  readonly state: 'starting' | 'live' | 'waiting';
  readonly home: string;
  readonly ingest: string;
  readonly replicas: readonly string[];
  readonly epoch: number;
  readonly viewers: number;
  readonly viewersByProtocol: Readonly<Record<string, number>>;
  readonly bitsPerSecond: number;
  readonly tracks: readonly TrackInfo[];
  readonly startedUnixMs: number | undefined;
  readonly workers: readonly StreamPart[];
  /** How its publisher sends; null while nobody does, or nothing is reported yet. */
  readonly health: PublisherHealth | null;
}

const ROLES: Readonly<Record<number, Role>> = {
  [StreamInfo_Role.ROLE_INGEST]: 'ingest',
  [StreamInfo_Role.ROLE_HOME]: 'home',
  [StreamInfo_Role.ROLE_INGEST_AND_HOME]: 'ingest-and-home',
  [StreamInfo_Role.ROLE_REPLICA]: 'replica',
  [StreamInfo_Role.ROLE_RELAY]: 'relay',
};

interface Reported {
  readonly worker: string;
  readonly info: StreamInfo;
}

/** Streams of the directory, in order of their names. */
export function streamViews(
  directory: ReadonlyMap<string, DirectoryEntry>,
  workers: readonly WorkerSighting[],
): StreamView[] {
  return [...eachStreamView(directory, workers)].sort((a, b) => a.name.localeCompare(b.name));
}

/** The same one by one, in no order: whoever goes through them may pause. */
export function* eachStreamView(
  directory: ReadonlyMap<string, DirectoryEntry>,
  workers: readonly WorkerSighting[],
): Generator<StreamView, void> {
  const reported = Map.groupBy(
    workers.flatMap(({ id, report }) => report.topStreams.map((info) => ({ worker: id, info }))),
    ({ info }) => info.name,
  );
  for (const [name, entry] of directory) {
    yield streamView(name, entry, reported.get(name) ?? []);
  }
}

function streamView(
  name: string,
  entry: DirectoryEntry,
  reported: readonly Reported[],
): StreamView {
  const viewersByProtocol = playersByProtocol(reported);
  const source = reported.find(({ worker }) => worker === entry.ingest)?.info;
  // The relay's copy is as good until the new ingest worker reports.
  const described = source ?? reported.find(({ info }) => info.tracks.length > 0)?.info;
  return {
    name,
    state: stateOf(source),
    home: entry.home,
    ingest: entry.ingest,
    replicas: entry.replicas,
    epoch: entry.epoch,
    viewers: sum(Object.values(viewersByProtocol)),
    viewersByProtocol,
    bitsPerSecond: source?.bitsPerSecond ?? 0,
    tracks: described?.tracks ?? [],
    startedUnixMs: startOf(source, entry),
    health: source?.health ?? null,
    workers: reported.map(({ worker, info }) => ({
      worker,
      role: ROLES[info.role] ?? 'relay',
      viewers: info.viewers,
      upstream: info.upstreamWorker,
    })),
  };
}

function stateOf(source: StreamInfo | undefined): StreamView['state'] {
  if (source === undefined) return 'starting';
  return source.waitingForPublisher ? 'waiting' : 'live';
}

function startOf(source: StreamInfo | undefined, entry: DirectoryEntry): number | undefined {
  if (source !== undefined && source.startedUnixMs > 0n) return Number(source.startedUnixMs);
  return entry.publishedUnixMs;
}

/** Workers that pull from one another are no viewers. */
function playersByProtocol(reported: readonly Reported[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { info } of reported) {
    for (const [protocol, count] of Object.entries(info.viewers)) {
      if (protocol !== 'relay') counts[protocol] = (counts[protocol] ?? 0) + count;
    }
  }
  return counts;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

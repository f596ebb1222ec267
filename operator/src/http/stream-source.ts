import type { DirectoryEntry } from '@streamcluster/proto';
import type { WorkerSighting } from '../fleet/fleet.ts';
import { eachStreamView, streamViews, type StreamView } from '../fleet/stream-view.ts';

/** The streams of a StreamCluster, at the time of the call. */
export interface StreamSource {
  /** In order of their names. Holds the loop for long where there are many. */
  streams(): readonly StreamView[];
  /** In no order, one by one: whoever goes through them may pause. */
  eachStream(): Iterable<StreamView>;
  stream(name: string): StreamView | undefined;
  /** Undefined: the directory was not read yet. */
  streamCount(): number | undefined;
}

export interface StreamSourceOptions {
  /** Undefined: it was not read yet. */
  readonly directory: () => ReadonlyMap<string, DirectoryEntry> | undefined;
  readonly sightings: () => readonly WorkerSighting[];
}

const NOTHING: ReadonlyMap<string, DirectoryEntry> = new Map();

export function streamSource({ directory, sightings }: StreamSourceOptions): StreamSource {
  return {
    streams: () => streamViews(directory() ?? NOTHING, sightings()),
    eachStream: () => eachStreamView(directory() ?? NOTHING, sightings()),
    stream(name) {
      const entry = directory()?.get(name);
      return entry && streamViews(new Map([[name, entry]]), sightings())[0];
    },
    streamCount: () => directory()?.size,
  };
}

import type { DirectoryEntry } from '@streamcluster/proto';

/** Who has a part in a stream, as of an epoch. */
export type Place = Pick<DirectoryEntry, 'ingest' | 'home' | 'replicas' | 'epoch'>;

/** Whether others may pull the stream from the worker, whoever else serves it. */
export function isServer(worker: string, { ingest, home, replicas }: Place): boolean {
  return worker === ingest || worker === home || replicas.includes(worker);
}

export function isSamePlace(one: Place, other: Place): boolean {
  return one.ingest === other.ingest && isSameServers(one, other);
}

type Servers = Pick<Place, 'home' | 'replicas'>;

/** Replicas count in their order, which is that of the relay tree. */
export function isSameServers(one: Servers, other: Servers): boolean {
  return (
    one.home === other.home &&
    one.replicas.length === other.replicas.length &&
    one.replicas.every((replica, index) => replica === other.replicas[index])
  );
}

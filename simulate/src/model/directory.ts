import type { StreamServers } from '@streamcluster/placement';
import type { Cluster } from './cluster.ts';

/** Who serves what, as the operator reads it. */
export function* directoryOf({ streams }: Cluster): Generator<[string, StreamServers]> {
  for (const { name, ingest, home, replicas } of streams) {
    yield [name, { ingest: ingest.id, home: home.id, replicas: replicas.map(({ id }) => id) }];
  }
}

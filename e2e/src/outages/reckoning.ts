import { StreamInfo_Role } from '@streamcluster/proto';
import { directoryEntries } from '../clients/directory.ts';
import { streamsOf } from '../clients/worker-control.ts';
import type { TestCluster } from '../harness/cluster.ts';

const INGEST: readonly StreamInfo_Role[] = [
  StreamInfo_Role.ROLE_INGEST,
  StreamInfo_Role.ROLE_INGEST_AND_HOME,
];

/** `stream` -> `ingest home replicas epoch`, as one text, so that sets are compared whole. */
export type Places = ReadonlyMap<string, string>;

/** As NATS has it. */
export async function directoryPlaces(cluster: TestCluster): Promise<Places> {
  const entries = await directoryEntries(cluster);
  return new Map(
    [...entries].map(([stream, { ingest, home, replicas, epoch }]) => [
      stream,
      placeText({ ingest, home, replicas, epoch }),
    ]),
  );
}

/** As those have it who have the publishers. Throws when two have the same stream. */
export async function workersPlaces(cluster: TestCluster): Promise<Places> {
  const places = new Map<string, string>();
  for (const { id } of cluster.workers()) {
    for (const { name, role, homeWorker, replicas, epoch } of await streamsOf(cluster, id)) {
      if (!INGEST.includes(role)) continue;
      if (places.has(name)) throw new Error(`${name} is published at two workers`);
      const place = { ingest: id, home: homeWorker, replicas, epoch: Number(epoch) };
      places.set(name, placeText(place));
    }
  }
  return places;
}

/** Throws unless both have the same streams at the same workers; how many there are. */
export async function expectDirectoryTrue(cluster: TestCluster): Promise<number> {
  const [directory, workers] = [await directoryPlaces(cluster), await workersPlaces(cluster)];
  const streams = new Set([...directory.keys(), ...workers.keys()]);
  const wrong = [...streams].filter((stream) => directory.get(stream) !== workers.get(stream));
  if (wrong.length === 0) return streams.size;
  const lines = wrong.map(
    (one) => `${one}: directory ${directory.get(one) ?? '-'}, workers ${workers.get(one) ?? '-'}`,
  );
  throw new Error(lines.join('\n'));
}

interface Place {
  readonly ingest: string;
  readonly home: string;
  readonly replicas: readonly string[];
  readonly epoch: number;
}

function placeText({ ingest, home, replicas, epoch }: Place): string {
  return `ingest ${ingest}, home ${home}, replicas [${replicas.join()}], epoch ${epoch}`;
}

import { totalViewers } from '@streamcluster/operator/testing';
import type { DirectoryEntry } from '@streamcluster/proto';
import type { StreamName } from '@streamcluster/worker/testing';
import type { Stage } from '../acts.ts';
import type { WorkerNode } from '../world/worker-node.ts';

type Place = Omit<Stage, 'random'>;

/** All of it holds some time after the last fault. */
export const HEALED: readonly (readonly [
  name: string,
  check: (stage: Place) => string | undefined,
])[] = [
  ['the directory is what workers hold', directoryIsTrue],
  ['one claim a stream', oneClaim],
  ['the operator counts what there is', countsAddUp],
];

/** The directory is a cache of what workers hold: nothing is lost, nothing is left over. */
function directoryIsTrue(place: Place): string | undefined {
  return first(place.clients.names, (name) => {
    const { site } = place;
    const entry = site.entry(name);
    const [holder] = holders(site.nodes(), name.key);
    const claim = holder?.worker.cluster.claims.get(name.key);
    const held = holder && claim && textOf({ ...claim, ingest: holder.id });
    const said = entry && textOf(entry);
    if (held !== said) return `held ${held ?? 'by nobody'}, written ${said ?? 'nothing'}`;
    const other = site
      .nodes()
      .find(({ worker }) => worker.cluster.directory.get(name.key)?.nonce !== entry?.nonce);
    return other && `${other.id} believes something else`;
  });
}

function textOf({
  ingest,
  epoch,
  home,
  replicas,
}: Omit<DirectoryEntry, 'nonce' | 'publishedUnixMs'>): string {
  return `${ingest} ${epoch}: ${[home, ...replicas].join(' ')}`;
}

function oneClaim({ site, clients }: Place): string | undefined {
  return first(clients.names, (name) => {
    const holding = holders(site.nodes(), name.key).map(({ id }) => id);
    const open = clients.liveOf(name).map(({ node }) => node?.id);
    if (holding.length > 1) return `held by ${holding.join(' and ')}`;
    if (open.length > 1) return `${open.length} publishers are let in`;
    const isWanted = clients.publishers.some((one) => one.name === name && one.wanted);
    if (isWanted && open.length === 0) return 'its publisher is not let in';
    const isElsewhere = open.length > 0 && open[0] !== holding[0];
    return isElsewhere ? `published at ${open[0]}, held by ${holding[0]}` : undefined;
  });
}

function first(
  names: readonly StreamName[],
  check: (name: StreamName) => string | undefined,
): string | undefined {
  for (const name of names) {
    const found = check(name);
    if (found !== undefined) return `${name.key}: ${found}`;
  }
  return undefined;
}

function holders(nodes: readonly WorkerNode[], key: string): WorkerNode[] {
  return nodes.filter(({ worker }) => worker.cluster.claims.get(key) !== undefined);
}

function countsAddUp({ site }: Place): string | undefined {
  const managed = site.operator?.managed;
  if (managed === undefined) return 'there is no operator';
  const streams = [...site.nats.rows.values()].filter(({ value }) => value !== undefined).length;
  const known = managed.status?.streams;
  if (known !== streams) return `${known} streams in the status, ${streams} in the directory`;
  let viewers = 0;
  for (const { worker } of site.nodes()) {
    for (const stream of worker.streams.list()) {
      const { relay = 0, ...players } = stream.viewerCounts();
      viewers += Object.values(players).reduce((sum, count) => sum + count, 0);
      if (relay < 0) return `${worker.id}: ${relay} relays`;
    }
  }
  const counted = totalViewers(managed.fleet.list());
  return counted === viewers ? undefined : `${counted} viewers counted, there are ${viewers}`;
}

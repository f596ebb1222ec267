import { totalViewers } from '@streamcluster/operator/testing';
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
function directoryIsTrue({ site, clients }: Place): string | undefined {
  for (const name of clients.names) {
    const entry = site.entry(name);
    const [holder] = holders(site.nodes(), name.key);
    const claim = holder?.worker.cluster.claims.get(name.key);
    const held =
      claim && `${holder?.id} ${claim.epoch}: ${[claim.home, ...claim.replicas].join(' ')}`;
    const said =
      entry && `${entry.ingest} ${entry.epoch}: ${[entry.home, ...entry.replicas].join(' ')}`;
    if (held !== said)
      return `${name.key}: held ${held ?? 'by nobody'}, written ${said ?? 'nothing'}`;
    for (const { id, worker } of site.nodes()) {
      if (worker.cluster.directory.get(name.key)?.nonce !== entry?.nonce) {
        return `${name.key}: ${id} believes something else`;
      }
    }
  }
  return undefined;
}

function oneClaim({ site, clients }: Place): string | undefined {
  for (const name of clients.names) {
    const holding = holders(site.nodes(), name.key).map(({ id }) => id);
    const open = clients.liveOf(name);
    if (holding.length > 1) return `${name.key}: ${holding.join(' and ')}`;
    if (open.length > 1) return `${name.key}: ${open.length} publishers are let in`;
    const wanted = clients.publishers.some((one) => one.name === name && one.wanted);
    if (wanted && open.length === 0) return `${name.key}: its publisher is not let in`;
    const isElsewhere = open[0] !== undefined && open[0].node?.id !== holding[0];
    if (isElsewhere) return `${name.key}: published at ${open[0]?.node?.id}, held by ${holding[0]}`;
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

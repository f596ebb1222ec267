/** Relays that one worker feeds of one stream; whoever comes then is sent on. */
export const RELAY_FAN_OUT = 32;
/** Of them, how many may be replicas: half, so that there is room for others at
 * each level. Up to 16 replicas hang on the home, up to 272 are two steps away. */
const REPLICA_FAN_OUT = 16;
/** Relays for which a stream gets one more server: before it needs one, because
 * a cycle passes meanwhile, and because each relay chooses by itself. */
export const RELAYS_PER_SERVER = 24;

/** Who serves a stream to other workers. */
export interface StreamServers {
  readonly ingest: string;
  readonly home: string;
  /** Their order is that of the tree; see withoutReplicas. */
  readonly replicas: readonly string[];
}

/**
 * From whom a worker pulls a stream, in the order in which to try: the next one
 * when one is dead or feeds RELAY_FAN_OUT already. The home pulls from the
 * ingest worker, a replica from whoever is above it in a tree with the home at
 * its root, everybody else from any of them, spread by hash so that each worker
 * finds its own without asking. The ingest worker pulls from nobody.
 */
export function upstreamsOf(worker: string, servers: StreamServers): string[] {
  const { ingest, home, replicas } = servers;
  if (worker === ingest) return [];
  if (worker === home) return [ingest];
  const index = replicas.indexOf(worker);
  if (index >= 0) return above(index, servers);
  return [home, ...replicas]
    .map((server) => ({ server, rank: hash(`${worker} ${server}`) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ server }) => server);
}

/** The replicas in the tree between this one and the home, nearest first. */
function above(index: number, { home, replicas }: StreamServers): string[] {
  const path: string[] = [];
  for (let at = parentOf(index); at >= 0; at = parentOf(at)) path.push(replicas[at] ?? home);
  return [...path, home];
}

/** Index of the replica that feeds this one; negative: the home does. */
function parentOf(index: number): number {
  return Math.floor(index / REPLICA_FAN_OUT) - 1;
}

/** The last ones take the places of those who leave, so that everybody else
 * stays where it is in the tree. */
export function withoutReplicas(
  replicas: readonly string[],
  leaving: ReadonlySet<string>,
): string[] {
  const kept = replicas.filter((replica) => !leaving.has(replica));
  const staying = replicas.slice(0, kept.length);
  const moved = replicas.slice(kept.length).filter((replica) => !leaving.has(replica));
  return staying.map((replica) => (leaving.has(replica) ? (moved.pop() ?? replica) : replica));
}

/** FNV-1a with a final mix: names differ in their last digit only. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}

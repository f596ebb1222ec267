import type { DirectoryEntry } from '@streamcluster/proto';
import type { WorkerNode } from '../world/worker-node.ts';
import type { MakeInvariant } from './invariant.ts';

/**
 * Whoever believes the same epoch of a stream believes the same home and replicas:
 * else two workers would both serve it as its home, and relays would be split.
 * What an earlier life of the bucket said is on its way out and does not count. Nor
 * do runs that are over: one who missed such a run may begin the next with one of its
 * epochs, but not as the same ingest worker.
 */
export const oneHome: MakeInvariant = ({ site, clients }) => ({
  name: 'one home per epoch',
  check() {
    const knowing = site.nodes().filter((node) => isOfThisLife(node, site.nats.life));
    for (const { key } of clients.names) {
      const beliefs = new Map<string, string>();
      for (const { id, worker } of knowing) {
        const entry = worker.cluster.directory.get(key);
        const fault = entry && conflict(beliefs, entry, id);
        if (fault !== undefined) return `${key}: ${fault}`;
      }
    }
    return undefined;
  },
});

function isOfThisLife({ bus }: WorkerNode, life: number): boolean {
  return bus.isLoaded && bus.watchedLife === life;
}

function conflict(
  beliefs: Map<string, string>,
  { epoch, ingest, home, replicas }: DirectoryEntry,
  who: string,
): string | undefined {
  const belief = `epoch ${epoch} of ${ingest}`;
  const servers = [home, ...replicas].join(' ');
  const other = beliefs.get(belief);
  beliefs.set(belief, servers);
  if (other === undefined || other === servers) return undefined;
  return `${belief} is ${other} to others, ${servers} to ${who}`;
}

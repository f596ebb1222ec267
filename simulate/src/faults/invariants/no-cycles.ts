import type { WorkerNode } from '../world/worker-node.ts';
import type { MakeInvariant } from './invariant.ts';

/** Relays that pull from one another in a circle feed nobody, and none of them would
 * ever notice: each hears from the next. */
export const noCycles: MakeInvariant = ({ site, clients }) => ({
  name: 'no relay cycles',
  check() {
    const nodes = site.nodes();
    for (const { key } of clients.names) {
      const circle = circleOf(upstreams(nodes, key));
      if (circle !== undefined) return `${key}: ${circle.join(' pulls from ')}`;
    }
    return undefined;
  },
});

/** Whom each worker pulls a stream from, by the connections on which it was let in. */
function upstreams(nodes: readonly WorkerNode[], key: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { id, worker } of nodes) {
    for (const { isAttached, streamKey, target } of worker.links) {
      if (isAttached && streamKey === key && target !== undefined) found.set(id, target.id);
    }
  }
  return found;
}

function circleOf(up: ReadonlyMap<string, string>): string[] | undefined {
  for (const start of up.keys()) {
    const way = [start];
    for (let at = up.get(start); at !== undefined; at = up.get(at)) {
      way.push(at);
      if (at === start) return way;
      // Into a circle that it is no part of: it is found from there.
      if (way.length > up.size) break;
    }
  }
  return undefined;
}

import type { StreamName } from '../../media/stream-name.ts';
import type { BareWorker } from './bare-worker.ts';

type Workers = { readonly workers: ReadonlyMap<string, BareWorker> };

/** Whom each worker pulls the stream from, by its connections that are open. */
export function upstreams(sim: Workers, name: StreamName): Map<string, string> {
  const found = new Map<string, string>();
  for (const { id, isUp, cluster } of sim.workers.values()) {
    const relay = cluster.relays.get(name.key)?.relay;
    const worker = relay?.isConnected === true ? relay.upstreamWorker : undefined;
    if (isUp && worker !== undefined) found.set(id, worker);
  }
  return found;
}

/** Steps from each worker that pulls to one that does not; throws at a circle. */
export function depths(sim: Workers, name: StreamName): Map<string, number> {
  const up = upstreams(sim, name);
  return new Map(
    [...up.keys()].map((start) => {
      let steps = 0;
      for (let at = up.get(start); at !== undefined; at = up.get(at)) {
        steps += 1;
        if (steps > up.size) throw new Error(`a circle from ${start}: ${JSON.stringify([...up])}`);
      }
      return [start, steps];
    }),
  );
}

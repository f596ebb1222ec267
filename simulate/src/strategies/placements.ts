import { pick, place, type PlacementPolicy } from '@streamcluster/placement';
import type { SimWorker } from '../model/parts.ts';
import type { Sim } from '../model/sim.ts';
import type { Strategy } from './strategy.ts';

/** As the operator places: reports, and what was placed since. */
export function placed(policy: PlacementPolicy): Strategy['place'] {
  return (sim, ingest) => {
    const { cluster, reports, reservations, nowMs, random } = sim;
    const workers = cluster.workers
      .filter(({ serves }) => serves)
      .map((worker) => ({
        id: worker.id,
        load: reports.loadOf(worker),
        reservedStreams: reservations.count(worker.id, nowMs),
        isLeaving: worker.isOutdated,
      }));
    const id = place({ policy, workers, ingestWorker: ingest.id, random })?.worker ?? ingest.id;
    reservations.add(id, nowMs);
    return cluster.worker(id) ?? ingest;
  };
}

/** What `Random` comes to where everybody has headroom, without asking everybody. */
export const uniform: Strategy['place'] = ({ cluster, random }, ingest) =>
  pick(random, cluster.workers) ?? ingest;

/** One worker after the other. */
export function roundRobin(): Strategy['place'] {
  let next = 0;
  return (sim, ingest) => {
    const serving = servingOf(sim);
    next += 1;
    return serving[next % serving.length] ?? ingest;
  };
}

/** To whoever has the lowest load by the last reports; of equals any. */
export const leastLoaded: Strategy['place'] = (sim, ingest) => {
  const serving = servingOf(sim);
  const lowest = Math.min(...serving.map((worker) => sim.reports.loadOf(worker)));
  const equals = serving.filter((worker) => sim.reports.loadOf(worker) <= lowest);
  return pick(sim.random, equals) ?? ingest;
};

export function servingOf({ cluster }: Sim): SimWorker[] {
  return cluster.workers.filter(({ serves }) => serves);
}

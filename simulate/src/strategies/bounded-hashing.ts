import type { SimStream, SimWorker } from '../model/parts.ts';
import type { Sim } from '../model/sim.ts';
import { servingOf } from './placements.ts';
import type { Actions, Strategy } from './strategy.ts';

/** Points of each worker on the ring. */
const POINTS = 100;
/** Nobody has more than so many times its share. */
const BOUND = 1.25;

interface Point {
  readonly at: number;
  readonly worker: SimWorker;
}

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam): a
 * stream goes to the first worker on the ring after its own point that has room.
 * In each cycle everything is assigned anew by the loads that are reported, and
 * what comes to lie elsewhere moves, as many as that may be.
 */
export function boundedHashing(): Strategy {
  const rings = new Rings();
  return {
    ...{ name: 'bounded hashing', redirects: 'ToHome', sheds: false },
    place: (sim, ingest) => {
      const counts = homesOf(sim);
      const serving = servingOf(sim);
      const most = Math.ceil((BOUND * (sim.cluster.streams.length + 1)) / serving.length);
      const ring = rings.of(serving);
      const point = hash(`live/${sim.cluster.streams.length}`);
      return walk(ring, point, (worker) => (counts.get(worker) ?? 0) < most) ?? ingest;
    },
    cycle: (sim) => assignAnew(sim, rings),
  };
}

function homesOf({ cluster }: Sim): Map<SimWorker, number> {
  const counts = new Map<SimWorker, number>();
  for (const { home } of cluster.streams) counts.set(home, (counts.get(home) ?? 0) + 1);
  return counts;
}

function assignAnew(sim: Sim, rings: Rings): Actions {
  const serving = servingOf(sim);
  const ring = rings.of(serving);
  const streams = sim.cluster.streams.map((stream) => ({ stream, load: loadOf(stream) }));
  const total = streams.reduce((sum, { load }) => sum + load, 0);
  const most = (BOUND * total) / serving.length;
  const loads = new Map<SimWorker, number>();
  // Heavy ones first, or they find no room; who is heavier than the bound has none anyway.
  streams.sort((a, b) => b.load - a.load || a.stream.index - b.stream.index);
  const servers = streams.flatMap(({ stream, load }) => {
    const hasRoom = (worker: SimWorker): boolean => (loads.get(worker) ?? 0) + load <= most;
    const isEmpty = (worker: SimWorker): boolean => !loads.has(worker);
    const point = hash(stream.name);
    const home = walk(ring, point, hasRoom) ?? walk(ring, point, isEmpty) ?? stream.home;
    loads.set(home, (loads.get(home) ?? 0) + load);
    return home === stream.home ? [] : [{ stream, home, replicas: [] }];
  });
  return { servers, closed: new Set() };
}

/** All that would go with the stream. */
function loadOf({ parts, viewerLoad, relayLoad }: SimStream): number {
  let load = 0;
  for (const { stays, asks, relays } of parts.values()) {
    load += stays * viewerLoad.stays + asks * viewerLoad.asks + relays * relayLoad;
  }
  return load;
}

/** The ring, made anew only where workers came or went. */
class Rings {
  private ring: readonly Point[] = [];
  private workers = '';

  of(workers: readonly SimWorker[]): readonly Point[] {
    const names = workers.map(({ id }) => id).join(' ');
    if (names === this.workers) return this.ring;
    const points = workers.flatMap((worker) =>
      Array.from({ length: POINTS }, (_, i) => ({ at: hash(`${worker.id} ${i}`), worker })),
    );
    this.ring = points.sort((a, b) => a.at - b.at);
    this.workers = names;
    return this.ring;
  }
}

function walk(
  ring: readonly Point[],
  from: number,
  isRight: (worker: SimWorker) => boolean,
): SimWorker | undefined {
  const start = firstAfter(ring, from);
  for (let i = 0; i < ring.length; i += 1) {
    const worker = ring[(start + i) % ring.length]?.worker;
    if (worker !== undefined && isRight(worker)) return worker;
  }
  return undefined;
}

/** Index of the first point that is not before (0 after the last). */
function firstAfter(ring: readonly Point[], from: number): number {
  let [low, high] = [0, ring.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ring[middle]?.at ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** FNV-1a, mixed. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 12)) >>> 0;
}

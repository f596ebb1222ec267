import { IDLE_MEAN_LOAD } from './balance.ts';
import type { StreamPicture } from './fleet-picture.ts';
import { RELAYS_PER_SERVER } from './relay-tree.ts';

/**
 * Where viewers are. `Service`: one address, connections land on any worker,
 * which pulls what it lacks. `Redirect`: workers have addresses, and viewers are
 * sent to the workers that serve the stream.
 */
export type ViewerMode = 'Service' | 'Redirect';

export interface HotStreamLimits {
  /** A stream with more than this part of the mean load is too much for one. */
  readonly splitAtMeanLoad: number;
  /** Undefined: no cap. */
  readonly maxReplicas: number | undefined;
}

/** What a stream asks of the workers that serve it. */
export interface Demand {
  /** That its servers carry, or would. Where viewers land anywhere, theirs is not in it. */
  readonly load: number;
  readonly relays: number;
}

export interface Wanted {
  /** The home among them. */
  readonly servers: number;
  /** The same before rounding and without bounds: to tell who needs them most. */
  readonly need: number;
  readonly why: 'Load' | 'Relays' | 'FitsOne';
}

/** Less than this no stream is split for: a worker carries it whatever else it does. */
const HOT_LOAD_FLOOR = IDLE_MEAN_LOAD;
/** How much a stream must fall below what it was split for until it is merged. */
const MERGE_MARGIN = 1.5;

export function demandOf(stream: StreamPicture, mode: ViewerMode): Demand {
  let load = 0;
  let relays = 0;
  for (const part of stream.parts) {
    // The home's own pull is no relay that anybody else could feed.
    const isToHome = part.worker === stream.ingest && part.worker !== stream.home;
    relays += isToHome ? Math.max(0, part.relays - 1) : part.relays;
    load += part.relaysLoad;
    if (mode === 'Redirect') load += part.stayingLoad + part.askingLoad;
  }
  return { load, relays };
}

/** How many workers are to serve a stream, of `workers` there are. */
export function wantedServers(
  demand: Demand,
  limits: HotStreamLimits,
  meanLoad: number,
  workers: number,
): Wanted {
  const byLoad = demand.load / Math.max(HOT_LOAD_FLOOR, limits.splitAtMeanLoad * meanLoad);
  const byRelays = demand.relays / RELAYS_PER_SERVER;
  const need = Math.max(byLoad, byRelays);
  const most = Math.max(1, Math.min(workers, 1 + (limits.maxReplicas ?? Infinity)));
  const servers = Math.min(most, Math.max(1, Math.ceil(need)));
  if (servers === 1) return { servers, need, why: 'FitsOne' };
  return { servers, need, why: byLoad >= byRelays ? 'Load' : 'Relays' };
}

/** The same for a stream that has grown by the margin: when that fits fewer, so
 * many are enough for good. */
export function wantedAfterMerge(
  { load, relays }: Demand,
  limits: HotStreamLimits,
  meanLoad: number,
  workers: number,
): Wanted {
  const grown = { load: load * MERGE_MARGIN, relays: Math.ceil(relays * MERGE_MARGIN) };
  return wantedServers(grown, limits, meanLoad, workers);
}

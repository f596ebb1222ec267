import type { Change } from './balance.ts';
import { mayReceive, type FleetPicture, type StreamPicture } from './fleet-picture.ts';
import type { Forecast } from './forecast.ts';
import type { HotStreamLimits, ViewerMode } from './hot-streams.ts';
import type { Random } from './random.ts';

/** What plans of replicas are made from. */
export interface ReplicaRequest {
  readonly mode: ViewerMode;
  readonly picture: FleetPicture;
  /** Is changed by what is decided. */
  readonly forecast: Forecast;
  /** Of all workers that take part. */
  readonly meanLoad: number;
  readonly maxImbalance: number;
  readonly limits: HotStreamLimits;
  readonly random: Random;
}

/** The least loaded workers that may take more, in order of their load. All that
 * is decided in a cycle is in the forecast, so they are not always the same. */
export function leastLoaded(
  { picture, random }: ReplicaRequest,
  forecast: Forecast,
  isChosen: (worker: string) => boolean,
  count: number,
): string[] {
  const least: Candidate[] = [];
  for (const worker of inAnyOrder([...picture.workers.values()], random)) {
    const load = forecast.loadOf(worker.id);
    if (load === undefined || !mayReceive(worker) || !isChosen(worker.id)) continue;
    insert(least, { id: worker.id, load }, count);
  }
  return least.map(({ id }) => id);
}

interface Candidate {
  readonly id: string;
  readonly load: number;
}

/** Keeps the `count` least loaded, in order. */
function insert(least: Candidate[], candidate: Candidate, count: number): void {
  const last = least.at(-1);
  if (least.length >= count && (last === undefined || candidate.load >= last.load)) return;
  const place = least.findIndex(({ load }) => load > candidate.load);
  least.splice(place < 0 ? least.length : place, 0, candidate);
  if (least.length > count) least.pop();
}

/** Begins anywhere, so that of equals it is not always the same one. */
function* inAnyOrder<Item>(items: readonly Item[], random: Random): Generator<Item> {
  const start = Math.floor(random.next() * items.length);
  yield* items.slice(start);
  yield* items.slice(0, start);
}

/**
 * Tells the forecast what other servers make of a stream's load. Relays spread
 * over all of them. Where viewers follow, those who ask anew go to the less
 * loaded; who stays, stays.
 */
export function spread(
  stream: StreamPicture,
  replicas: readonly string[],
  { mode, forecast }: Pick<ReplicaRequest, 'mode' | 'forecast'>,
): void {
  const servers = [stream.home, ...replicas];
  const isServer = new Set([...servers, ...stream.replicas]);
  let [relaying, asking] = [0, 0];
  for (const { worker, relaysLoad, askingLoad } of stream.parts) {
    const relayed = isServer.has(worker) ? relaysLoad : 0;
    const asked = mode === 'Redirect' ? askingLoad : 0;
    forecast.add(worker, -relayed - asked);
    relaying += relayed;
    asking += asked;
  }
  for (const server of servers) forecast.add(server, relaying / servers.length);
  forecast.pour(asking, servers);
}

/** How many serve a stream, the home among them. */
export function serversChange(before: readonly string[], after: readonly string[]): Change {
  return { before: 1 + before.length, after: 1 + after.length };
}

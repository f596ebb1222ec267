import type { Change } from './balance.ts';
import type { FleetPicture, StreamPicture } from './fleet-picture.ts';
import type { Forecast } from './forecast.ts';
import type { HotStreamLimits, ViewerMode } from './hot-streams.ts';
import type { Random } from './random.ts';
import { HEADROOM_LOAD } from './worker-load.ts';

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

/** The least loaded workers that may take more, of equals any. All that is
 * decided in a cycle is in the forecast, so they are not all the same. */
export function leastLoaded(
  { picture, random }: ReplicaRequest,
  forecast: Forecast,
  isChosen: (worker: string) => boolean,
  count: number,
): string[] {
  const candidates: { readonly id: string; readonly load: number; readonly draw: number }[] = [];
  for (const { id, busy } of picture.workers.values()) {
    const load = forecast.loadOf(id);
    if (load === undefined || busy >= HEADROOM_LOAD || !isChosen(id)) continue;
    candidates.push({ id, load, draw: random.next() });
  }
  candidates.sort((a, b) => a.load - b.load || a.draw - b.draw);
  return candidates.slice(0, count).map(({ id }) => id);
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

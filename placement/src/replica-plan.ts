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

/** Those who ask anew go to the less loaded servers; who stays, stays. */
export function spread(
  stream: StreamPicture,
  replicas: readonly string[],
  forecast: Forecast,
): void {
  let asking = 0;
  for (const { worker, askingLoad } of stream.parts) {
    forecast.add(worker, -askingLoad);
    asking += askingLoad;
  }
  forecast.pour(asking, [stream.home, ...replicas]);
}

/** How many serve a stream, the home among them. */
export function serversChange(before: readonly string[], after: readonly string[]): Change {
  return { before: 1 + before.length, after: 1 + after.length };
}

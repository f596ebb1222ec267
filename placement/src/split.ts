import type { Change } from './balance.ts';
import type { ReplicasDecision, ReplicasReason } from './decision.ts';
import type { FleetPicture, StreamPart, StreamPicture, WorkerPicture } from './fleet-picture.ts';
import type { Forecast } from './forecast.ts';
import {
  demandOf,
  wantedAfterMerge,
  wantedServers,
  type Demand,
  type HotStreamLimits,
  type ViewerMode,
  type Wanted,
} from './hot-streams.ts';
import type { Random } from './random.ts';
import { withoutReplicas } from './relay-tree.ts';
import { HEADROOM_LOAD } from './worker-load.ts';

export interface SplitRequest {
  readonly mode: ViewerMode;
  readonly picture: FleetPicture;
  /** Is changed by what is decided. */
  readonly forecast: Forecast;
  /** Of all workers that take part. */
  readonly meanLoad: number;
  readonly limits: HotStreamLimits;
  readonly random: Random;
}

/** A stream whose servers should be more, or others. */
interface Need {
  readonly stream: StreamPicture;
  readonly demand: Demand;
  readonly wanted: Wanted;
  /** Without those who are dead or drain. */
  readonly replicas: readonly string[];
}

/** Streams that get replicas, those that lack most first; at most so many. */
export function planSplits(request: SplitRequest, budget: number): ReplicasDecision[] {
  const needs = [...request.picture.streams.values()]
    .map((stream) => needOf(stream, request))
    .filter((need) => need !== undefined);
  needs.sort((a, b) => urgency(b) - urgency(a));
  return needs.slice(0, budget).map((need) => split(need, request));
}

/** Streams that fewer workers can serve for good; those of `mayMerge` only. */
export function planMerges(
  request: SplitRequest,
  budget: number,
  mayMerge: (stream: string) => boolean,
): ReplicasDecision[] {
  const decisions: ReplicasDecision[] = [];
  for (const stream of request.picture.streams.values()) {
    if (decisions.length >= budget) break;
    const excess = excessReplicas(stream, request);
    if (excess > 0 && mayMerge(stream.stream)) decisions.push(merge(stream, excess, request));
  }
  return decisions;
}

/** Replicas that a stream would not miss, were it half as large again; 0: none. */
export function excessReplicas(
  stream: StreamPicture,
  { mode, limits, forecast, meanLoad }: SplitRequest,
): number {
  if (stream.replicas.length === 0) return 0;
  const demand = demandOf(stream, mode);
  const { servers } = wantedAfterMerge(demand, limits, meanLoad, forecast.workers);
  return Math.max(0, 1 + stream.replicas.length - servers);
}

function needOf(stream: StreamPicture, request: SplitRequest): Need | undefined {
  const { mode, limits, forecast, picture, meanLoad } = request;
  const demand = demandOf(stream, mode);
  const wanted = wantedServers(demand, limits, meanLoad, forecast.workers);
  const replicas = withoutReplicas(
    stream.replicas,
    new Set(stream.replicas.filter((id) => isGone(picture.workers.get(id)))),
  );
  const isWhole = replicas.length === stream.replicas.length;
  const isEnough = wanted.servers <= 1 + replicas.length;
  return isWhole && isEnough ? undefined : { stream, demand, wanted, replicas };
}

/** Who is silent may be alive. */
function isGone(worker: WorkerPicture | undefined): boolean {
  return worker === undefined || worker.isDraining;
}

/** How much each of its servers has too much. */
function urgency({ wanted, replicas }: Need): number {
  return wanted.servers / (1 + replicas.length);
}

function split(need: Need, request: SplitRequest): ReplicasDecision {
  const { stream, demand, wanted, replicas } = need;
  const { forecast, mode, meanLoad } = request;
  const { maxLoad } = forecast.balance;
  const missing = Math.max(0, wanted.servers - 1 - replicas.length);
  const added = newReplicas(need, missing, request);
  const after = [...replicas, ...added];
  if (mode === 'Redirect') spread(stream, [stream.home, ...after], forecast);
  return {
    ...{ kind: 'Replicas', stream: stream.stream, home: stream.home, replicas: after, added },
    removed: stream.replicas.filter((replica) => !replicas.includes(replica)),
    why: whySplit(wanted, missing),
    ...{ load: demand.load, relays: demand.relays, meanLoad },
    servers: serversChange(stream.replicas, after),
    maxLoad: { before: maxLoad, after: forecast.balance.maxLoad },
  };
}

function whySplit({ why }: Wanted, missing: number): ReplicasReason {
  if (missing === 0) return 'ReplicaGone';
  return why === 'Relays' ? 'HotByRelays' : 'HotByLoad';
}

function serversChange(before: readonly string[], after: readonly string[]): Change {
  return { before: 1 + before.length, after: 1 + after.length };
}

/**
 * The least loaded ones, each decision of this cycle counted. Where viewers are
 * anywhere, first those who pull the stream anyway: that costs no relay more.
 */
function newReplicas(
  { stream, replicas }: Need,
  count: number,
  { mode, picture, forecast, random }: SplitRequest,
): string[] {
  if (count === 0) return [];
  const serving = new Set([stream.home, ...replicas]);
  const pulling = new Set(mode === 'Service' ? stream.parts.map(({ worker }) => worker) : []);
  const candidates = [...picture.workers.values()]
    .filter(({ id, busy }) => !serving.has(id) && busy < HEADROOM_LOAD)
    .map(({ id }) => ({
      ...{ id, load: forecast.loadOf(id), isPulling: pulling.has(id), draw: random.next() },
    }))
    .filter((one): one is typeof one & { load: number } => one.load !== undefined);
  candidates.sort(
    (a, b) => Number(b.isPulling) - Number(a.isPulling) || a.load - b.load || a.draw - b.draw,
  );
  return candidates.slice(0, count).map(({ id }) => id);
}

/** Those who ask anew go to the less loaded servers; who stays, stays. */
function spread(stream: StreamPicture, servers: readonly string[], forecast: Forecast): void {
  let asking = 0;
  for (const { worker, askingLoad } of stream.parts) {
    forecast.add(worker, -askingLoad);
    asking += askingLoad;
  }
  forecast.pour(asking, servers);
}

function merge(
  stream: StreamPicture,
  excess: number,
  { mode, forecast, meanLoad }: SplitRequest,
): ReplicasDecision {
  const parts = new Map(stream.parts.map((part) => [part.worker, part]));
  const removed = [...stream.replicas]
    .sort((a, b) => relaysOf(parts.get(a)) - relaysOf(parts.get(b)))
    .slice(0, excess);
  const replicas = withoutReplicas(stream.replicas, new Set(removed));
  const { maxLoad } = forecast.balance;
  if (mode === 'Redirect') spread(stream, [stream.home, ...replicas], forecast);
  return {
    ...{ kind: 'Replicas', stream: stream.stream, home: stream.home, replicas, added: [], removed },
    ...{ why: 'CooledDown', ...demandOf(stream, mode), meanLoad },
    servers: serversChange(stream.replicas, replicas),
    maxLoad: { before: maxLoad, after: forecast.balance.maxLoad },
  };
}

function relaysOf(part: StreamPart | undefined): number {
  return part?.relays ?? 0;
}

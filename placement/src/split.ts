import type { ReplicasDecision, ReplicasReason } from './decision.ts';
import type { StreamPicture, WorkerPicture } from './fleet-picture.ts';
import { demandOf, wantedServers, type Demand, type Wanted } from './hot-streams.ts';
import { withoutReplicas } from './relay-tree.ts';
import { leastLoaded, serversChange, spread, type ReplicaRequest } from './replica-plan.ts';

/** A stream whose servers should be more, or others. */
interface Need {
  readonly stream: StreamPicture;
  readonly demand: Demand;
  readonly wanted: Wanted;
  /** Without those who are dead or drain. */
  readonly replicas: readonly string[];
}

/** Streams that get replicas, those that lack most first; at most so many. */
export function planSplits(request: ReplicaRequest, budget: number): ReplicasDecision[] {
  const needs = [...request.picture.streams.values()]
    .map((stream) => needOf(stream, request))
    .filter((need) => need !== undefined);
  needs.sort((a, b) => urgency(b) - urgency(a));
  const decisions: ReplicasDecision[] = [];
  for (const need of needs) {
    if (decisions.length >= budget) break;
    const decision = split(need, request);
    if (decision !== undefined) decisions.push(decision);
  }
  return decisions;
}

function needOf(stream: StreamPicture, request: ReplicaRequest): Need | undefined {
  const { mode, limits, forecast, picture, meanLoad } = request;
  const demand = demandOf(stream, mode);
  const wanted = wantedServers(demand, limits, meanLoad, forecast.workers);
  const gone = stream.replicas.filter((id) => isGone(picture.workers.get(id)));
  const isEnough = wanted.servers <= 1 + stream.replicas.length - gone.length;
  if (gone.length === 0 && isEnough) return undefined;
  return { stream, demand, wanted, replicas: withoutReplicas(stream.replicas, new Set(gone)) };
}

/** Who is silent may be alive. */
function isGone(worker: WorkerPicture | undefined): boolean {
  return worker === undefined || worker.isDraining;
}

/** How much each of its servers has too much. */
function urgency({ wanted, replicas }: Need): number {
  return wanted.need / (1 + replicas.length);
}

/** Undefined: nobody is left who could serve it, too. */
function split(need: Need, request: ReplicaRequest): ReplicasDecision | undefined {
  const { stream, demand, wanted, replicas } = need;
  const { forecast, meanLoad } = request;
  const { maxLoad } = forecast.balance;
  const missing = Math.max(0, wanted.servers - 1 - replicas.length);
  const added = newReplicas(need, missing, request);
  const after = [...replicas, ...added];
  if (added.length === 0 && replicas.length === stream.replicas.length) return undefined;
  spread(stream, after, request);
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

/** First those who have the stream anyway, which costs no relay more: wherever
 * they are in Service mode, where viewers follow only those below the mean. */
function newReplicas(need: Need, count: number, request: ReplicaRequest): string[] {
  if (count === 0) return [];
  const { forecast, mode, meanLoad } = request;
  const { stream, replicas } = need;
  // The ingest worker feeds the home; it is no replica beside it.
  const taken = new Set([stream.home, stream.ingest, ...replicas]);
  const having = new Set(stream.parts.map(({ worker }) => worker));
  const cheap = leastLoaded(
    request,
    forecast,
    (id) => {
      const isFine = mode === 'Service' || (forecast.loadOf(id) ?? 0) < meanLoad;
      return isFine && having.has(id) && !taken.has(id);
    },
    count,
  );
  for (const id of cheap) taken.add(id);
  const rest = leastLoaded(request, forecast, (id) => !taken.has(id), count - cheap.length);
  return [...cheap, ...rest];
}

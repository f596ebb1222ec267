import { aimOf } from './balance.ts';
import type { ReplicasDecision } from './decision.ts';
import { partLoad, type StreamPicture } from './fleet-picture.ts';
import { demandOf, wantedAfterMerge } from './hot-streams.ts';
import { withoutReplicas } from './relay-tree.ts';
import { serversChange, spread, type ReplicaRequest } from './replica-plan.ts';

/** Streams that fewer workers can serve for good; those of `mayMerge` only. */
export function planMerges(
  request: ReplicaRequest,
  budget: number,
  mayMerge: (stream: string) => boolean,
): ReplicasDecision[] {
  const decisions: ReplicasDecision[] = [];
  for (const stream of request.picture.streams.values()) {
    if (decisions.length >= budget) break;
    const excess = excessReplicas(stream, request);
    if (excess === 0 || !mayMerge(stream.stream)) continue;
    // Half of them at once: the others have to take what these had.
    const removed = leastUsed(stream, Math.ceil(excess / 2));
    if (haveOthersRoom(stream, removed, request)) decisions.push(merge(stream, removed, request));
  }
  return decisions;
}

/** How many replicas a stream would not miss, were it half as large again. */
export function excessReplicas(stream: StreamPicture, request: ReplicaRequest): number {
  if (stream.replicas.length === 0) return 0;
  const { mode, limits, forecast, meanLoad } = request;
  const demand = demandOf(stream, mode);
  const { servers } = wantedAfterMerge(demand, limits, meanLoad, forecast.workers);
  return Math.max(0, 1 + stream.replicas.length - servers);
}

/** Those whose going makes fewest change over. */
function leastUsed(stream: StreamPicture, count: number): string[] {
  const parts = new Map(stream.parts.map((part) => [part.worker, part]));
  return [...stream.replicas]
    .sort((a, b) => (parts.get(a)?.relays ?? 0) - (parts.get(b)?.relays ?? 0))
    .slice(0, count);
}

/** Their load goes to the other servers, at once or as viewers come and go: to
 * those of them that are least busy. */
function haveOthersRoom(
  stream: StreamPicture,
  removed: readonly string[],
  { mode, forecast, meanLoad, maxImbalance }: ReplicaRequest,
): boolean {
  const staying = [stream.home, ...stream.replicas].filter((id) => !removed.includes(id));
  let coming = 0;
  for (const part of stream.parts) {
    if (!removed.includes(part.worker)) continue;
    coming += mode === 'Redirect' ? partLoad(part) : part.relaysLoad;
  }
  let load = coming;
  for (const id of staying) load += forecast.loadOf(id) ?? 0;
  return coming === 0 || load <= aimOf(maxImbalance) * meanLoad * staying.length;
}

function merge(
  stream: StreamPicture,
  removed: readonly string[],
  request: ReplicaRequest,
): ReplicasDecision {
  const { mode, forecast, meanLoad } = request;
  const replicas = withoutReplicas(stream.replicas, new Set(removed));
  const { maxLoad } = forecast.balance;
  spread(stream, replicas, request);
  return {
    ...{ kind: 'Replicas', stream: stream.stream, home: stream.home, replicas, added: [], removed },
    ...{ why: 'CooledDown', ...demandOf(stream, mode), meanLoad },
    servers: serversChange(stream.replicas, replicas),
    maxLoad: { before: maxLoad, after: forecast.balance.maxLoad },
  };
}

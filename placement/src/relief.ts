import { aimOf } from './balance.ts';
import type { ReplicasDecision } from './decision.ts';
import type { StreamPart, StreamPicture } from './fleet-picture.ts';
import { demandOf } from './hot-streams.ts';
import { leastLoaded, serversChange, type ReplicaRequest } from './replica-plan.ts';

/** A stream on a busy worker that serves it. */
interface Burden {
  readonly stream: StreamPicture;
  readonly part: StreamPart;
}

/** Below this a stream's viewers are not worth the relay of a replica: four relays. */
const MIN_BURDEN = 0.004;

/**
 * For workers that stay too busy because their viewers stay connected: their
 * streams get a second server each, the heaviest first, until what would be left
 * once viewers have come and gone is no more than others have. Nobody moves, but
 * newcomers find the less busy one. Redirect mode only: elsewhere newcomers do not
 * follow homes.
 */
export function planRelief(
  request: ReplicaRequest,
  budget: number,
  mayTouch: (stream: string) => boolean,
): ReplicasDecision[] {
  const { forecast, meanLoad, maxImbalance } = request;
  const limit = aimOf(maxImbalance) * meanLoad;
  const eventual = forecast.copy();
  const decisions: ReplicasDecision[] = [];
  for (const [worker, burdens] of burdensOf(request, limit, mayTouch)) {
    burdens.sort((a, b) => b.part.stayingLoad - a.part.stayingLoad);
    for (const { stream, part } of burdens) {
      const isRelieved = (eventual.loadOf(worker) ?? 0) <= limit;
      if (isRelieved || decisions.length >= budget) break;
      const servers = [stream.home, ...stream.replicas];
      const mayServe = (id: string): boolean => id !== stream.ingest && !servers.includes(id);
      const [added] = leastLoaded(request, eventual, mayServe, 1);
      if (added === undefined) break;
      const shifted = part.stayingLoad / 2;
      eventual.add(worker, -shifted);
      eventual.add(added, shifted);
      decisions.push(relief(stream, added, request));
    }
  }
  return decisions;
}

/** What workers above the limit serve, the busiest worker first. */
function burdensOf(
  { picture, forecast, meanLoad, limits: { maxReplicas = Infinity } }: ReplicaRequest,
  limit: number,
  mayTouch: (stream: string) => boolean,
): [string, Burden[]][] {
  const loadOf = (worker: string): number => forecast.loadOf(worker) ?? 0;
  const busy = [...picture.workers.keys()].filter((id) => loadOf(id) > limit);
  if (busy.length === 0) return [];
  const burdens = new Map(busy.map((id): [string, Burden[]] => [id, []]));
  for (const stream of picture.streams.values()) {
    const servers = [stream.home, ...stream.replicas];
    if (servers.some((server) => loadOf(server) < meanLoad)) continue;
    if (stream.replicas.length >= maxReplicas || !mayTouch(stream.stream)) continue;
    const heavy = stream.parts.filter(({ stayingLoad }) => stayingLoad >= MIN_BURDEN);
    for (const part of heavy) {
      if (servers.includes(part.worker)) burdens.get(part.worker)?.push({ stream, part });
    }
  }
  return [...burdens].sort(([a], [b]) => loadOf(b) - loadOf(a));
}

function relief(
  stream: StreamPicture,
  added: string,
  { forecast, meanLoad, mode }: ReplicaRequest,
): ReplicasDecision {
  const replicas = [...stream.replicas, added];
  const { maxLoad } = forecast.balance;
  return {
    ...{ kind: 'Replicas', stream: stream.stream, home: stream.home, replicas, added: [added] },
    ...{ removed: [], why: 'ServerTooBusy', ...demandOf(stream, mode), meanLoad },
    servers: serversChange(stream.replicas, replicas),
    maxLoad: { before: maxLoad, after: maxLoad },
  };
}

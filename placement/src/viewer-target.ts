import { aimOf, IDLE_MEAN_LOAD } from './balance.ts';
import { pickTwo, type Random } from './random.ts';
import { relayLoad } from './traffic-load.ts';

/** A worker that serves the stream, as the one where a viewer landed knows it. */
export interface ServerLoad {
  readonly id: string;
  /** As last reported. */
  readonly load: number;
  /** Viewers sent to it that its report cannot know of, by estimate: those sent
   * from here, times how many workers send as this one does. */
  readonly sentViewers: number;
}

/** Where a viewer landed. */
export interface LandedAt {
  readonly id: string;
  readonly load: number;
  /** Viewers of the stream who landed here in the last LANDED_WINDOW_MS. */
  readonly landed: number;
  /** The stream is here, for viewers that this worker has. */
  readonly hasStream: boolean;
}

export interface ViewerTargetRequest {
  readonly here: LandedAt;
  /** Home and replicas that live and do not drain; without those that are to be
   * replaced, if there are others. */
  readonly servers: readonly ServerLoad[];
  readonly meanLoad: number;
  readonly maxImbalance: number;
  readonly bitsPerSecond: number;
  /** What a viewer of this stream costs. */
  readonly viewerLoad: number;
  readonly random: Random;
}

export interface ViewerTarget {
  readonly worker: string;
  readonly reason:
    | 'Home' // the only one that serves it
    | 'LessLoadedOfTwo' // of two servers drawn
    | 'ServersAreBusy'; // more than others may be: served here, by a relay
}

/** How long a crowd is counted: about as long as it takes to get replicas. */
export const LANDED_WINDOW_MS = 5_000;

/**
 * Who serves a viewer in redirect mode, decided by the worker where it landed.
 * Of two servers the less loaded one, counting those just sent there. Where that
 * is too busy, and busier than this worker, the viewer stays here, so that a crowd
 * that comes faster than replicas do is spread by where it lands; but only where
 * so many land that they are worth a relay.
 */
export function viewerTarget(request: ViewerTargetRequest): ViewerTarget {
  const { here, servers, meanLoad, maxImbalance, viewerLoad, random } = request;
  const [first, second = first] = pickTwo(random, servers);
  if (first === undefined || second === undefined) {
    return { worker: here.id, reason: 'ServersAreBusy' };
  }
  const expected = ({ load, sentViewers }: ServerLoad): number => load + sentViewers * viewerLoad;
  const better = expected(second) < expected(first) ? second : first;
  const bound = aimOf(maxImbalance) * Math.max(meanLoad, IDLE_MEAN_LOAD);
  // The mean is as old as the reports: in a crowd everybody is above it.
  const isTooBusy = expected(better) > Math.max(bound, here.load) && better.id !== here.id;
  if (isTooBusy && isWorthRelay(request)) return { worker: here.id, reason: 'ServersAreBusy' };
  return { worker: better.id, reason: servers.length === 1 ? 'Home' : 'LessLoadedOfTwo' };
}

function isWorthRelay({ here, viewerLoad, bitsPerSecond }: ViewerTargetRequest): boolean {
  return here.hasStream || here.landed * viewerLoad > relayLoad(bitsPerSecond);
}

/**
 * Share of the viewers that ask anew (HLS) whom a worker sends away with each
 * round of requests: in redirect mode to a viewerTarget, else by closing their
 * idle connection, so that the next one lands anywhere. They notice nothing. What
 * is above the mean goes in one round; who sends away sees at once how many went.
 */
export function shedShare(load: number, meanLoad: number, maxImbalance: number): number {
  const floor = Math.max(meanLoad, IDLE_MEAN_LOAD);
  if (load <= aimOf(maxImbalance) * floor) return 0;
  return (load - floor) / load;
}

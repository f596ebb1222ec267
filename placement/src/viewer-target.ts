import { aimOf, IDLE_MEAN_LOAD } from './balance.ts';
import { pickTwo, type Random } from './random.ts';

/** A worker that serves the stream, as the one where a viewer landed knows it. */
export interface ServerLoad {
  readonly id: string;
  /** As last reported. */
  readonly load: number;
  /** Viewers sent to it that its report cannot know of, by estimate: those sent
   * from here, times how many workers send as this one does. */
  readonly sentViewers: number;
}

export interface ViewerTargetRequest {
  /** Where the viewer is. */
  readonly here: string;
  readonly hereLoad: number;
  /** Home and replicas that live and do not drain. */
  readonly servers: readonly ServerLoad[];
  readonly meanLoad: number;
  readonly maxImbalance: number;
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

/**
 * Who serves a viewer in redirect mode, decided by the worker where it landed.
 * Of two servers the less loaded one, counting those just sent there. Where that
 * is too busy while this worker is not, the viewer stays here: a crowd that comes
 * faster than replicas do is spread by where it lands.
 */
export function viewerTarget(request: ViewerTargetRequest): ViewerTarget {
  const { here, hereLoad, servers, meanLoad, maxImbalance, viewerLoad, random } = request;
  const [first, second = first] = pickTwo(random, servers);
  if (first === undefined || second === undefined)
    return { worker: here, reason: 'ServersAreBusy' };
  const expected = ({ load, sentViewers }: ServerLoad): number => load + sentViewers * viewerLoad;
  const better = expected(second) < expected(first) ? second : first;
  const bound = aimOf(maxImbalance) * Math.max(meanLoad, IDLE_MEAN_LOAD);
  const isServedHere = better.id !== here && expected(better) > bound && hereLoad < bound;
  if (isServedHere) return { worker: here, reason: 'ServersAreBusy' };
  return { worker: better.id, reason: servers.length === 1 ? 'Home' : 'LessLoadedOfTwo' };
}

/** Share of what is above the mean that goes each time all were asked: not all
 * at once, since the mean is that of the last reports. */
const SHED_GAIN = 0.7;

/**
 * Share of the viewers that ask anew (HLS) whom a worker sends away with each
 * round of requests: in redirect mode to a viewerTarget, else by closing their
 * idle connection, so that the next one lands anywhere. They notice nothing.
 */
export function shedShare(load: number, meanLoad: number, maxImbalance: number): number {
  const floor = Math.max(meanLoad, IDLE_MEAN_LOAD);
  if (load <= aimOf(maxImbalance) * floor) return 0;
  return (SHED_GAIN * (load - floor)) / load;
}

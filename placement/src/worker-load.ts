/** What placement knows of a worker that could take a stream. */
export interface WorkerLoad {
  readonly id: string;
  /** Busy share of the loop's CPU as last reported, 0 to 1. */
  readonly load: number;
  /** Streams placed there that its last report cannot know of yet. */
  readonly reservedStreams: number;
  /** To be replaced soon: what comes would have to move again. */
  readonly isLeaving?: boolean;
}

/**
 * What a stream is assumed to cost before the first report shows it. A burst
 * must fill nobody on the strength of a report that is two seconds old.
 */
export const RESERVED_LOAD_PER_STREAM = 0.002;

/** Busier than this, a worker has no headroom for a home. */
export const HEADROOM_LOAD = 0.8;

export function expectedLoad(worker: WorkerLoad): number {
  return worker.load + worker.reservedStreams * RESERVED_LOAD_PER_STREAM;
}

/** Whether a home may come to it. */
export function isCandidate(worker: WorkerLoad): boolean {
  return worker.isLeaving !== true && expectedLoad(worker) < HEADROOM_LOAD;
}

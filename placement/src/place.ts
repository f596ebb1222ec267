import { pick, pickTwo, type Random } from './random.ts';
import { expectedLoad, isCandidate, type WorkerLoad } from './worker-load.ts';

export const PLACEMENT_POLICIES = ['Random', 'TwoChoices', 'Local'] as const;
export type PlacementPolicy = (typeof PLACEMENT_POLICIES)[number];

/** Why a worker was drawn, for logs, metrics and the API. */
export type PlacementReason =
  | 'Drawn'
  | 'LessLoadedOfTwo'
  | 'IngestHasHeadroom'
  | 'IngestIsFull' // drawn among the others
  | 'NobodyHasHeadroom'; // or all leave: drawn among all, rather than refuse the publisher

export interface PlacementRequest {
  readonly policy: PlacementPolicy;
  /** Workers that are alive and do not drain. */
  readonly workers: readonly WorkerLoad[];
  /** Who has the publisher's connection. */
  readonly ingestWorker: string;
  readonly random: Random;
}

export interface Placement {
  readonly worker: string;
  readonly reason: PlacementReason;
}

/**
 * The home of a stream; undefined when there is no worker. Never the least
 * loaded of all: on reports that are seconds old everybody would choose the
 * same one.
 */
export function place(request: PlacementRequest): Placement | undefined {
  const { policy, workers, random } = request;
  const candidates = workers.filter(isCandidate);
  if (candidates.length === 0) return named(pick(random, workers), 'NobodyHasHeadroom');
  switch (policy) {
    case 'Random':
      return named(pick(random, candidates), 'Drawn');
    case 'TwoChoices':
      return named(lessLoadedOfTwo(candidates, random), 'LessLoadedOfTwo');
    case 'Local':
      return placeLocal(request, candidates);
  }
}

function placeLocal(
  { ingestWorker, random }: PlacementRequest,
  candidates: readonly WorkerLoad[],
): Placement | undefined {
  const local = candidates.find(({ id }) => id === ingestWorker);
  if (local !== undefined) return named(local, 'IngestHasHeadroom');
  return named(pick(random, candidates), 'IngestIsFull');
}

/** Two different ones where there are two. */
function lessLoadedOfTwo(
  candidates: readonly WorkerLoad[],
  random: Random,
): WorkerLoad | undefined {
  const [first, second] = pickTwo(random, candidates);
  if (first === undefined || second === undefined) return first;
  return expectedLoad(second) < expectedLoad(first) ? second : first;
}

function named(worker: WorkerLoad | undefined, reason: PlacementReason): Placement | undefined {
  return worker && { worker: worker.id, reason };
}

import { balanceOf, IDLE_MEAN_LOAD, type Balance, type Change } from './balance.ts';
import { pick, type Random } from './random.ts';

/** What one home costs the worker that has it. */
export interface HomeLoad {
  readonly stream: string;
  /** The part of the worker's load that would go with the stream. */
  readonly load: number;
}

export interface RebalanceWorker {
  readonly id: string;
  /** Share of a CPU. */
  readonly load: number;
  /** Those that may move. */
  readonly homes: readonly HomeLoad[];
  /** Nothing comes to it. */
  readonly isFull?: boolean;
  /** It is being emptied anyway: nothing comes, and drain moves what goes. */
  readonly isDraining?: boolean;
  /** Its load is not known any more. */
  readonly isSilent?: boolean;
}

export interface RebalanceRequest {
  readonly workers: readonly RebalanceWorker[];
  /** Highest load over mean load that is left alone. */
  readonly maxImbalance: number;
  /** What moves aim at; without: the same. */
  readonly aim?: number;
  readonly maxMoves: number;
  readonly random: Random;
}

export interface Move {
  readonly stream: string;
  readonly from: string;
  readonly to: string;
  readonly load: number;
  /** Load of both workers once the moves so far are done. */
  readonly fromLoad: Change;
  readonly toLoad: Change;
}

/** Why the plan is what it is. */
export type RebalanceReason =
  | 'Planned' // the moves bring the highest load within bounds
  | 'OutOfBudget' // they help; more would be needed than may move at once
  | 'NothingMoreHelps' // no stream of the workers that are too busy fits elsewhere
  | 'Balanced'
  | 'Idle' // so little load that who is busiest says nothing
  | 'TooFewWorkers'
  | 'TooManySilent'; // then the bus is ill, not the workers

export interface RebalancePlan {
  readonly moves: readonly Move[];
  /** Of the workers that take part: neither draining nor silent. */
  readonly before: Balance;
  readonly after: Balance;
  readonly reason: RebalanceReason;
}

/** A stream lighter than this, about one relay's end, is not worth a move. */
const MIN_MOVED_LOAD = 0.0005;
const MAX_SILENT_SHARE = 0.3;

/** How many streams may be touched at once: a share of all, at least one unless
 * the share is 0. */
export function streamsAllowed(streams: number, maxMovesPercent: number): number {
  if (maxMovesPercent <= 0) return 0;
  return Math.max(1, Math.floor((streams * maxMovesPercent) / 100));
}

/** So many at once: then the bus is ill, not the workers. */
export function areTooManySilent(workers: readonly { readonly isSilent?: boolean }[]): boolean {
  const silent = workers.filter(({ isSilent }) => isSilent === true).length;
  return silent > MAX_SILENT_SHARE * workers.length;
}

/** A worker while the plan is made. */
interface Side {
  readonly id: string;
  readonly homes: HomeLoad[];
  readonly isFull: boolean;
  load: number;
}

/**
 * Which homes to move so that the busiest worker is at most `maxImbalance`
 * times as busy as the mean. Receivers are drawn among those below the mean:
 * the least loaded of all would get everything on the strength of one report.
 * No move makes the highest load higher.
 */
export function planRebalance(request: RebalanceRequest): RebalancePlan {
  const sides = request.workers.filter(takesPart).map(sideOf);
  const before = balanceOf(sides.map(({ load }) => load));
  const reason = reasonToRest(request, sides, before);
  if (reason !== undefined) return { moves: [], before, after: before, reason };
  const { maxImbalance, aim = maxImbalance, maxMoves, random } = request;
  const moves: Move[] = [];
  const limit = aim * before.meanLoad;
  const tooBusy = new Set(sides.filter(({ load }) => load > limit));
  while (tooBusy.size > 0 && moves.length < maxMoves) {
    const from = busiest([...tooBusy]);
    const move = nextMove(from, sides, before.meanLoad, random);
    if (move !== undefined) moves.push(move);
    // Done, or nothing of it fits elsewhere.
    if (move === undefined || from.load <= limit) tooBusy.delete(from);
  }
  const after = balanceOf(sides.map(({ load }) => load));
  const isWithin = after.maxLoad <= maxImbalance * before.meanLoad;
  const short = tooBusy.size > 0 ? 'OutOfBudget' : 'NothingMoreHelps';
  return { moves, before, after, reason: isWithin ? 'Planned' : short };
}

function takesPart({ isDraining, isSilent }: RebalanceWorker): boolean {
  return isDraining !== true && isSilent !== true;
}

function sideOf({ id, load, homes, isFull = false }: RebalanceWorker): Side {
  return { id, load, isFull, homes: homes.filter((home) => home.load >= MIN_MOVED_LOAD) };
}

function reasonToRest(
  { workers, maxImbalance }: RebalanceRequest,
  sides: readonly Side[],
  { meanLoad, maxLoad }: Balance,
): RebalanceReason | undefined {
  if (areTooManySilent(workers)) return 'TooManySilent';
  if (sides.length < 2) return 'TooFewWorkers';
  if (meanLoad < IDLE_MEAN_LOAD) return 'Idle';
  return maxLoad <= maxImbalance * meanLoad ? 'Balanced' : undefined;
}

/** To a worker that is drawn; applied to both. */
function nextMove(
  from: Side,
  sides: readonly Side[],
  meanLoad: number,
  random: Random,
): Move | undefined {
  const lightest = from.homes.reduce((least, { load }) => Math.min(least, load), Infinity);
  const receivers = sides.filter(
    ({ load, isFull }) => !isFull && load < meanLoad && load + lightest < from.load,
  );
  const to = pick(random, receivers);
  if (to === undefined) return undefined;
  const home = bestHome(from, to);
  if (home === undefined) return undefined;
  const [fromBefore, toBefore] = [from.load, to.load];
  from.homes.splice(from.homes.indexOf(home), 1);
  from.load -= home.load;
  to.load += home.load;
  return {
    ...home,
    from: from.id,
    to: to.id,
    fromLoad: { before: fromBefore, after: from.load },
    toLoad: { before: toBefore, after: to.load },
  };
}

/** The one after which the busier of both is least busy. */
function bestHome(from: Side, to: Side): HomeLoad | undefined {
  let best: HomeLoad | undefined;
  let bestLoad = from.load;
  for (const home of from.homes) {
    const load = Math.max(from.load - home.load, to.load + home.load);
    if (load < bestLoad) [best, bestLoad] = [home, load];
  }
  return best;
}

function busiest(sides: readonly Side[]): Side {
  return sides.reduce((most, side) => (side.load > most.load ? side : most));
}

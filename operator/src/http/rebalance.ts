import {
  planRebalance,
  seededRandom,
  streamsAllowed,
  type Balance,
  type Move,
  type RebalanceReason,
} from '@streamcluster/placement';
import { rebalanceWorkers } from './home-loads.ts';
import type { ClusterView } from './view.ts';

/** The same loads give the same plan, so that one can be looked at twice. */
const SEED = 1;

interface MoveItem extends Move {
  /** For people. */
  readonly why: string;
}

/** What rebalancing would do now. Nothing is done. */
export interface RebalanceItem {
  readonly mode: string;
  readonly maxImbalance: number;
  readonly maxMovesPercent: number;
  readonly reason: RebalanceReason;
  /** For people. */
  readonly message: string;
  readonly before: Balance;
  readonly after: Balance;
  readonly moves: readonly MoveItem[];
}

const MESSAGES: Readonly<Record<RebalanceReason, string>> = {
  Planned: 'these moves bring the busiest worker within bounds',
  OutOfBudget:
    'more moves would be needed than may be made at once (spec.rebalance.maxMovesPercent)',
  NothingMoreHelps:
    'no stream of the busiest worker fits elsewhere; its viewers do not move with homes',
  Balanced: 'the busiest worker is within bounds',
  Idle: 'there is so little load that who is busiest says nothing',
  TooFewWorkers: 'fewer than two workers take part',
  TooManySilent: 'too many workers are silent at once: the bus is ill, not the workers',
};

export function rebalanceItem(view: ClusterView): RebalanceItem {
  const { mode, maxImbalance, maxMovesPercent } = view.resource.spec.rebalance;
  const workers = rebalanceWorkers(view.sightings());
  const homes = workers.reduce((sum, worker) => sum + worker.homes.length, 0);
  const plan = planRebalance({
    workers,
    maxImbalance,
    maxMoves: streamsAllowed(homes, maxMovesPercent),
    random: seededRandom(SEED),
  });
  const limit = maxImbalance * plan.before.meanLoad;
  return {
    mode,
    maxImbalance,
    maxMovesPercent,
    ...plan,
    message: MESSAGES[plan.reason],
    moves: plan.moves.map((move) => ({ ...move, why: whyOf(move, limit) })),
  };
}

function whyOf({ from, to, fromLoad, toLoad }: Move, limit: number): string {
  const [busy, bound, free] = [fromLoad.before, limit, toLoad.before].map(percent);
  return `${from} is ${busy} busy, ${bound} is the bound; ${to}, with ${free}, is below the mean`;
}

function percent(load: number): string {
  return `${Math.round(load * 100)} %`;
}

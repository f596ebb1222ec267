import { aimOf, balanceOf, type Balance } from './balance.ts';
import {
  beginCycle,
  endCycle,
  hasExcessForLong,
  isCoolingDown,
  type CycleState,
} from './cycle-state.ts';
import { CycleChanges } from './cycle-changes.ts';
import type { AcceptingDecision, Decision, MoveDecision } from './decision.ts';
import { mayReceive, type FleetPicture, type WorkerPicture } from './fleet-picture.ts';
import { Forecast } from './forecast.ts';
import type { ViewerMode } from './hot-streams.ts';
import { excessReplicas, planMerges } from './merge.ts';
import { homesByWorker } from './movable.ts';
import type { Random } from './random.ts';
import {
  areTooManySilent,
  planRebalance,
  streamsAllowed,
  type RebalancePlan,
  type RebalanceReason,
  type RebalanceWorker,
} from './rebalance.ts';
import { planRelief } from './relief.ts';
import type { ReplicaRequest } from './replica-plan.ts';
import { planSplits } from './split.ts';
import { planSteering, type SteerPlan } from './steer.ts';

/** How often a cycle is planned: three reports, so that each cycle sees what the
 * one before did, in two of them. */
export const CYCLE_MS = 6_000;

/** Of the StreamCluster's spec. */
export interface CycleSettings {
  readonly mode: ViewerMode;
  readonly maxImbalance: number;
  readonly maxMovesPercent: number;
  readonly splitAtMeanLoad: number;
  readonly maxReplicas: number | undefined;
}

export interface CycleRequest {
  readonly settings: CycleSettings;
  readonly picture: FleetPicture;
  readonly state: CycleState;
  readonly nowMs: number;
  readonly random: Random;
}

/** Why no more, or no home at all, moves. */
export type CycleReason =
  | RebalanceReason
  | 'OneReportOnly' // the report before was within bounds: a moment, not a state
  | 'NoGain'; // moves made nothing better lately, so they rest

export interface CyclePlan {
  /** To be carried out in this order. No more streams than the budget allows. */
  readonly decisions: readonly Decision[];
  /** Whom new connections must not reach until the next plan. */
  readonly closed: readonly string[];
  readonly reason: CycleReason;
  /** Of workers that take part, now and once all is done that is done at once:
   * viewers who stay connected do not move. */
  readonly before: Balance;
  readonly after: Balance;
  readonly state: CycleState;
}

/**
 * What to do about load that lies unevenly: replicas for hot streams, moves of
 * homes, fewer replicas, and in Service mode who takes newcomers. Splits, moves
 * and merges share one budget; nothing happens while many workers are silent.
 */
export function planCycle(request: CycleRequest): CyclePlan {
  const { picture, settings, nowMs } = request;
  const forecast = Forecast.of(picture);
  const before = forecast.balance;
  if (areTooManySilent([...picture.workers.values()])) return frozen(request, before);
  const { workers } = forecast;
  const state = beginCycle(request.state, { balance: before, workers }, nowMs);
  const { changes, reason, withExcess } = planStreams({ ...request, state }, forecast, before);
  const steering = planAccepting(settings, picture);
  const hasMoves = changes.all.some(({ kind }) => kind === 'Move');
  const movedAt = hasMoves ? before.maxOverMean : undefined;
  return {
    decisions: [...changes.all, ...steering.decisions],
    closed: steering.closed,
    ...{ reason, before, after: forecast.balance },
    state: endCycle(state, { touched: changes.streams, withExcess, movedAt }, nowMs),
  };
}

/** What happens to streams: what is most urgent first, as far as the budget goes. */
function planStreams(
  request: CycleRequest,
  forecast: Forecast,
  { meanLoad }: Balance,
): { changes: CycleChanges; reason: CycleReason; withExcess: readonly string[] } {
  const { picture, settings, state, nowMs, random } = request;
  const { mode, maxImbalance, maxMovesPercent } = settings;
  const replicas = { mode, picture, forecast, meanLoad, maxImbalance, limits: settings, random };
  const changes = new CycleChanges(streamsAllowed(picture.streams.size, maxMovesPercent));
  const mayTouch = (stream: string): boolean =>
    !changes.touches(stream) && !isCoolingDown(state, stream);
  changes.add(planSplits(replicas, changes.left));
  const { moves, reason } = planMoves(request, forecast, mayTouch, changes.left);
  changes.add(moves);
  // Homes cannot help where viewers stay connected to a server of their stream.
  const isRelieved = mode === 'Redirect' && reason === 'NothingMoreHelps';
  if (isRelieved) changes.add(planRelief(replicas, changes.left, mayTouch));
  const mayMerge = (stream: string): boolean =>
    mayTouch(stream) && hasExcessForLong(state, stream, nowMs);
  changes.add(planMerges(replicas, changes.left, mayMerge));
  return { changes, reason, withExcess: streamsWithExcess(replicas) };
}

function frozen({ picture, state }: CycleRequest, balance: Balance): CyclePlan {
  const steered = [...picture.workers.values()].filter(({ accepting }) => accepting === 'Steered');
  return {
    ...{ decisions: [], closed: steered.map(({ id }) => id), reason: 'TooManySilent' },
    ...{ before: balance, after: balance, state },
  };
}

function streamsWithExcess(request: ReplicaRequest): string[] {
  return [...request.picture.streams.values()]
    .filter((stream) => excessReplicas(stream, request) > 0)
    .map(({ stream }) => stream);
}

/** Moves of homes; told to the forecast. */
function planMoves(
  request: CycleRequest,
  forecast: Forecast,
  mayMove: (stream: string) => boolean,
  maxMoves: number,
): { readonly moves: readonly MoveDecision[]; readonly reason: CycleReason } {
  const { picture, settings, state, nowMs, random } = request;
  if (nowMs < state.restsUntilMs) return { moves: [], reason: 'NoGain' };
  const { maxImbalance, mode } = settings;
  const homes = homesByWorker(picture, mode, mayMove);
  const workers = [...picture.workers.values()].map((worker): RebalanceWorker => {
    const { id, load, isDraining, isSilent } = worker;
    return {
      ...{ id, isDraining, isSilent, isFull: !mayReceive(worker) },
      load: forecast.loadOf(id) ?? load,
      homes: homes.get(id) ?? [],
    };
  });
  const aim = aimOf(maxImbalance);
  const plan = planRebalance({ workers, maxImbalance, aim, maxMoves, random });
  const isToMove = plan.reason !== 'Balanced' && plan.reason !== 'Idle';
  const isMoment = isToMove && !wasImbalanced(picture, maxImbalance);
  if (isMoment) return { moves: [], reason: 'OneReportOnly' };
  for (const { from, to, load } of plan.moves) {
    forecast.add(from, -load);
    forecast.add(to, load);
  }
  return { moves: moveDecisions(plan, maxImbalance), reason: plan.reason };
}

/** By the reports before the last ones. */
function wasImbalanced({ workers }: FleetPicture, maxImbalance: number): boolean {
  const serving = [...workers.values()].filter(
    ({ isDraining, isSilent }) => !isDraining && !isSilent,
  );
  const loads = serving.map(({ previousLoad, load }) => previousLoad ?? load);
  return balanceOf(loads).maxOverMean > maxImbalance;
}

function moveDecisions({ moves, before }: RebalancePlan, maxImbalance: number): MoveDecision[] {
  return moves.map(({ stream, from, to, fromLoad, toLoad }) => ({
    ...{ kind: 'Move', stream, from, to, why: 'WorkerTooBusy', fromLoad, toLoad },
    bound: aimOf(maxImbalance) * before.meanLoad,
  }));
}

/** In redirect mode newcomers are sent where they should be by whoever they land on. */
function planAccepting(
  { mode, maxImbalance }: CycleSettings,
  { workers }: FleetPicture,
): { readonly decisions: readonly AcceptingDecision[]; readonly closed: readonly string[] } {
  const all = [...workers.values()];
  if (mode === 'Redirect') return { decisions: [], closed: [] };
  const plan = planSteering({ workers: all, maxImbalance });
  const closed = new Set(plan.closed);
  const decisions = all
    .filter(({ id, accepting }) => accepting !== 'No' && closed.has(id) === (accepting === 'Yes'))
    .map((worker) => acceptingDecision(worker, plan));
  return { decisions, closed: plan.closed };
}

function acceptingDecision(
  { id, load, accepting }: WorkerPicture,
  plan: SteerPlan,
): AcceptingDecision {
  const accepts = accepting === 'Steered';
  const whyOpen = plan.reason === 'Steered' ? 'OthersAreBusier' : 'Level';
  return {
    ...{ kind: 'Accepting', worker: id, accepts, why: accepts ? whyOpen : 'AboveMean' },
    ...{ load, meanLoad: plan.before.meanLoad },
  };
}

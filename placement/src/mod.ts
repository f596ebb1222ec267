/** Where streams go and viewers land, who drains, how many workers: pure functions. */
export { autoscale, neededWorkers } from './autoscale.ts';
export type { AutoscaleResult, AutoscaleSpec, Recommendation } from './autoscale.ts';
export { aimOf, balanceOf, DEFAULT_MAX_IMBALANCE, IDLE_MEAN_LOAD } from './balance.ts';
export type { Balance, Change } from './balance.ts';
export { CYCLE_MS, planCycle } from './cycle.ts';
export type { CyclePlan, CycleReason, CycleRequest, CycleSettings } from './cycle.ts';
export { COOL_DOWN_MS, FIRST_CYCLE } from './cycle-state.ts';
export type { CycleState } from './cycle-state.ts';
export { decisionText } from './decision.ts';
export type {
  AcceptingDecision,
  Decision,
  MoveDecision,
  ReplicasDecision,
  ReplicasReason,
} from './decision.ts';
export { chooseDrains } from './drain-choice.ts';
export type { DrainCandidate } from './drain-choice.ts';
export { fleetPicture, workerLoad } from './fleet-picture.ts';
export type { Accepting, FleetPicture, ReportedStream, ReportedWorker } from './fleet-picture.ts';
export type { ViewerMode } from './hot-streams.ts';
export { place, PLACEMENT_POLICIES } from './place.ts';
export type { Placement, PlacementPolicy, PlacementReason, PlacementRequest } from './place.ts';
export { pick, seededRandom } from './random.ts';
export type { Random } from './random.ts';
export { planRebalance, streamsAllowed } from './rebalance.ts';
export type {
  HomeLoad,
  Move,
  RebalancePlan,
  RebalanceReason,
  RebalanceRequest,
  RebalanceWorker,
} from './rebalance.ts';
export { RELAY_FAN_OUT, upstreamsOf, withoutReplicas } from './relay-tree.ts';
export type { StreamServers } from './relay-tree.ts';
export { Reservations } from './reservations.ts';
export { feedLoad, intakeLoad, isLongLived, viewerLoad } from './traffic-load.ts';
export { LANDED_WINDOW_MS, shedShare, viewerTarget } from './viewer-target.ts';
export type { LandedAt, ServerLoad, ViewerTarget, ViewerTargetRequest } from './viewer-target.ts';
export { HEADROOM_LOAD, RESERVED_LOAD_PER_STREAM } from './worker-load.ts';
export type { WorkerLoad } from './worker-load.ts';

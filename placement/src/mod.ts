/** Where a stream goes, who drains, how many workers: pure functions. */
export { autoscale, neededWorkers } from './autoscale.ts';
export type { AutoscaleResult, AutoscaleSpec, Recommendation } from './autoscale.ts';
export { chooseDrains } from './drain-choice.ts';
export type { DrainCandidate } from './drain-choice.ts';
export { place, PLACEMENT_POLICIES } from './place.ts';
export type { Placement, PlacementPolicy, PlacementReason, PlacementRequest } from './place.ts';
export { pick, seededRandom } from './random.ts';
export type { Random } from './random.ts';
export { planRebalance } from './rebalance.ts';
export type {
  Balance,
  HomeLoad,
  Move,
  RebalancePlan,
  RebalanceReason,
  RebalanceRequest,
  RebalanceWorker,
} from './rebalance.ts';
export { HEADROOM_LOAD, RESERVED_LOAD_PER_STREAM } from './worker-load.ts';
export type { WorkerLoad } from './worker-load.ts';

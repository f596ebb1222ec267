import type { StreamCluster } from '../api/stream-cluster.ts';
import type { StreamDecision } from '../fleet/stream-decisions.ts';
import type { Change } from '../reconcile/rebalance/change.ts';
import type { PlanRecord } from '../reconcile/rebalance/plan-record.ts';
import type { WorkerSighting } from '../fleet/fleet.ts';
import type { RecordedEvent, WorkerInstance } from '../reconcile/runtime.ts';
import type { SessionDesk } from '../sessions/session-desk.ts';
import type { StreamSource } from './stream-source.ts';

/** Ports on which users reach workers; the encrypted ones are open where the
 * StreamCluster names certificates. */
export interface Endpoints {
  readonly rtmp: number;
  readonly http: number;
  readonly rtmps: number;
  readonly https: number;
}

/** What rebalancing does. All of it is empty where this operator does not lead. */
export interface Rebalancing {
  /** The newest plan; in a dry run the one that can be approved. */
  readonly plan: PlanRecord | undefined;
  /** Plans that did something, newest last. */
  readonly plans: readonly PlanRecord[];
  /** Of which the answers are awaited. */
  readonly running: readonly Change[];
}

interface DecisionOnStream {
  readonly stream: string;
  readonly decision: StreamDecision;
}

/** What users may ask of a StreamCluster. */
export interface ClusterActions {
  /** Why something cannot be asked; empty: it can. */
  hindrances(): { readonly scale: string };
  /** Rejects with ACTION_REFUSED. */
  scale(replicas: number): Promise<void>;
  /** Rejects with ACTION_REFUSED or NOT_FOUND. */
  askDrain(worker: string, isAsked: boolean): Promise<void>;
}

/** What the API shows of one StreamCluster, at the time of the call. */
export interface ClusterView extends StreamSource {
  readonly resource: StreamCluster;
  readonly generation: number;
  /** Of an operator that does not lead: as it was written, which may be in part. */
  readonly status: StreamCluster['status'];
  readonly endpoints: Endpoints;
  readonly events: readonly RecordedEvent[];
  instances(): Promise<readonly WorkerInstance[]>;
  sightings(): readonly WorkerSighting[];
  readonly rebalancing: Rebalancing;
  readonly sessions: Pick<SessionDesk, 'list' | 'kick'>;
  /** The last one; undefined: none is known. */
  decisionOn(stream: string): StreamDecision | undefined;
  /** The newest first. */
  recentDecisions(count: number): readonly DecisionOnStream[];
  readonly actions: ClusterActions;
}

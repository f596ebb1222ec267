import type { Balance, CycleReason } from '@streamcluster/placement';
import { isSteeredOff } from '../reconcile/leaving.ts';
import { isDone, type Change } from '../reconcile/rebalance/change.ts';
import { cycleSettings } from '../reconcile/rebalance/picture.ts';
import { countsText, reasonText, type PlanRecord } from '../reconcile/rebalance/plan-record.ts';
import type { ClusterView } from './view.ts';

/** Of a plan's changes more are not listed. */
const MAX_CHANGES = 100;

/** A change of who serves a stream. */
interface ChangeItem {
  readonly stream: string;
  readonly kind: string;
  readonly home: { readonly before: string; readonly after: string };
  readonly replicas: { readonly before: readonly string[]; readonly after: readonly string[] };
  readonly why: string;
  readonly outcome: string;
}

interface PlanItem {
  readonly id: string;
  readonly unixMs: number;
  readonly reason: CycleReason;
  /** For people. */
  readonly message: string;
  /** As counted when it was made, and as expected. */
  readonly before: Balance;
  readonly after: Balance;
  /** Of all changes, in words; empty: there are none. */
  readonly summary: string;
  readonly done: number;
  readonly total: number;
  /** The first ones. */
  readonly changes: readonly ChangeItem[];
}

export interface RebalanceItem {
  readonly mode: string;
  /** Where viewers are: `Service` or `Redirect`. */
  readonly viewers: string;
  readonly maxImbalance: number;
  readonly maxMovesPercent: number;
  /** Nothing is moved, because many workers are silent at once. */
  readonly isFrozen: boolean;
  /** The newest plan; with mode DryRun the one that can be approved. Null: none was made, or
   * the operator that makes them cannot be asked. */
  readonly plan: PlanItem | null;
  /** Changes of which the answer is awaited. */
  readonly running: readonly ChangeItem[];
  /** Workers that newcomers are kept from, for balance. */
  readonly steeredOff: readonly string[];
  /** Plans that did something, newest first. */
  readonly recent: readonly PlanItem[];
}

export async function rebalanceItem(view: ClusterView): Promise<RebalanceItem> {
  const { spec } = view.resource;
  const { mode, maxImbalance, maxMovesPercent } = spec.rebalance;
  const { plan, plans, running } = view.rebalancing;
  const steeredOff = (await view.instances()).filter(isSteeredOff);
  return {
    ...{ mode, viewers: cycleSettings(spec).mode, maxImbalance, maxMovesPercent },
    isFrozen: plan?.reason === 'TooManySilent',
    plan: plan === undefined ? null : planItem(plan),
    running: running.map(changeItem),
    steeredOff: steeredOff.map(({ name }) => name),
    recent: plans.map(planItem).reverse(),
  };
}

function planItem({ id, unixMs, reason, before, after, changes }: PlanRecord): PlanItem {
  return {
    ...{ id, unixMs, reason, message: reasonText(reason), before, after },
    summary: countsText(changes),
    done: changes.filter(isDone).length,
    total: changes.length,
    changes: changes.slice(0, MAX_CHANGES).map(changeItem),
  };
}

function changeItem({ stream, kind, entry, home, replicas, why, outcome }: Change): ChangeItem {
  return {
    ...{ stream, kind, why, outcome },
    home: { before: entry.home, after: home },
    replicas: { before: entry.replicas, after: replicas },
  };
}

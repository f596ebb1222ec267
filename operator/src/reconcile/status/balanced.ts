import type { StreamClusterSpec } from '../../api/spec.ts';
import { reasonText, type PlanRecord } from '../rebalance/plan-record.ts';
import type { Finding } from './conditions.ts';

type Rebalance = StreamClusterSpec['rebalance'];

/** Whether load lies evenly, and what is done where it does not. */
export function balanced(
  { mode, maxImbalance }: Rebalance,
  maxLoad: number,
  plan: PlanRecord | undefined,
): Finding {
  const type = 'Balanced';
  const load = `highest load over mean load is ${maxLoad.toFixed(2)}`;
  if (plan?.reason === 'TooManySilent') {
    return { type, status: 'Unknown', reason: 'Frozen', message: reasonText(plan.reason) };
  }
  if (maxLoad <= maxImbalance) return { type, status: 'True', reason: 'Even', message: load };
  const [reason, because] = whyUneven(mode, plan);
  return { type, status: 'False', reason, message: `${load}; ${because}` };
}

function whyUneven(
  mode: Rebalance['mode'],
  plan: PlanRecord | undefined,
): readonly [string, string] {
  if (mode === 'Disabled') return ['Disabled', 'spec.rebalance.mode is Disabled'];
  if (mode === 'DryRun')
    return ['DryRun', 'spec.rebalance.mode is DryRun: plans wait for approval'];
  if (plan === undefined) return ['Rebalancing', 'no plan was made yet'];
  const isStuck = plan.reason === 'NothingMoreHelps' || plan.reason === 'NoGain';
  return [isStuck ? 'NothingMoreHelps' : 'Rebalancing', reasonText(plan.reason)];
}

import { clusterPath } from '../operator/operator-api.ts';
import type { Balance, ChangeItem, PlanItem, RebalanceItem } from '../operator/types.ts';
import { fields, plain, table, type Column } from '../output/table.ts';
import { age, counted, percent } from '../output/units.ts';
import type { Session } from '../session.ts';
import { oneStreamCluster } from '../stream-clusters.ts';

const CHANGES: readonly Column[] = [
  { head: 'STREAM' },
  { head: 'CHANGE' },
  { head: 'HOME' },
  { head: 'SERVERS' },
  { head: 'OUTCOME' },
  { head: 'WHY' },
];
const RECENT: readonly Column[] = [
  { head: 'PLAN' },
  { head: 'AGE', align: 'right' },
  { head: 'DONE', align: 'right' },
  { head: 'LOAD' },
  { head: 'WHAT' },
];

/** Which StreamCluster is meant, and when it is looked at. */
interface Look {
  readonly namespace: string;
  readonly cluster: string;
  readonly nowMs: number;
}

export async function rebalance(session: Session, name: string | undefined): Promise<void> {
  const { metadata } = await oneStreamCluster(session, name);
  const { namespace = '', name: cluster } = metadata;
  const path = clusterPath(namespace, cluster, '/rebalance');
  const item = await session.operator.get<RebalanceItem>(path);
  if (session.isJson) session.json({ namespace, cluster, ...item });
  else session.io.out(textOf(item, { namespace, cluster, nowMs: session.io.unixMs() }));
}

function textOf(item: RebalanceItem, look: Look): string {
  const { plan, recent } = item;
  const parts = [fields(headOf(item, look))];
  if (plan !== null && plan.changes.length > 0) parts.push(changesText(plan));
  if (item.mode === 'DryRun' && plan !== null && plan.total > 0) parts.push(approval(plan, look));
  if (recent.length > 0) parts.push(recentText(recent, look));
  return parts.join('\n');
}

function headOf(item: RebalanceItem, look: Look): (readonly [string, string])[] {
  const { mode, viewers, maxImbalance, maxMovesPercent, plan, running, steeredOff } = item;
  const rules = `mode ${mode}, up to ${maxImbalance} x the mean, ${maxMovesPercent}% of streams at once`;
  return [
    ['StreamCluster', look.cluster],
    ['Rules', rules],
    ['Viewers', viewers === 'Redirect' ? 'are sent to who serves their stream' : 'land anywhere'],
    ...planFields(plan, look),
    ['Running', counted(running.length, 'change')],
    ...(steeredOff.length === 0
      ? []
      : ([['Newcomers', `kept from ${steeredOff.join(', ')}`]] as const)),
  ];
}

function planFields(plan: PlanItem | null, { nowMs }: Look): (readonly [string, string])[] {
  if (plan === null) return [['Plan', 'none was made yet']];
  const { before, after, reason, message, total, summary } = plan;
  return [
    ['Load', balanceText(before)],
    ...(total === 0 ? [] : ([['Load after', balanceText(after)]] as const)),
    ['Result', `${reason}: ${message}`],
    ['Plan', `${plan.id}, ${age(nowMs - plan.unixMs)} ago${summary === '' ? '' : `: ${summary}`}`],
  ];
}

function changesText({ changes, total }: PlanItem): string {
  const rows = changes.map((change) => [
    plain(change.stream),
    change.kind,
    homeText(change),
    `${1 + change.replicas.before.length} -> ${1 + change.replicas.after.length}`,
    change.outcome,
    change.why,
  ]);
  const left = total - changes.length;
  return table(CHANGES, rows) + (left > 0 ? `and ${left} more\n` : '');
}

function homeText({ home: { before, after } }: ChangeItem): string {
  return before === after ? before : `${before} -> ${after}`;
}

function approval({ id }: PlanItem, { namespace, cluster }: Look): string {
  return (
    'Nothing was changed. To carry this plan out:\n' +
    `kubectl -n ${namespace} annotate --overwrite streamcluster ${cluster} streamcluster.dev/approve-rebalance=${id}\n`
  );
}

function recentText(recent: readonly PlanItem[], { nowMs }: Look): string {
  const rows = recent.map(({ id, unixMs, done, total, before, after, summary }) => [
    id,
    age(nowMs - unixMs),
    `${done}/${total}`,
    `${before.maxOverMean.toFixed(2)} -> ${after.maxOverMean.toFixed(2)}`,
    summary === '' ? 'newcomers steered' : summary,
  ]);
  return table(RECENT, rows);
}

function balanceText({ maxLoad, meanLoad, maxOverMean }: Balance): string {
  return `busiest worker ${percent(maxLoad)}, mean ${percent(meanLoad)} (${maxOverMean.toFixed(2)} x)`;
}

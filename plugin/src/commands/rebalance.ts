import { PluginError } from '../errors.ts';
import { clusterPath } from '../operator/operator-api.ts';
import type { Balance, RebalanceItem } from '../operator/types.ts';
import { fields, plain, table, type Column } from '../output/table.ts';
import { percent } from '../output/units.ts';
import type { Session } from '../session.ts';
import { oneStreamCluster } from '../stream-clusters.ts';

export interface RebalanceFlags {
  readonly dryRun?: boolean;
}

const COLUMNS: readonly Column[] = [
  { head: 'STREAM' },
  { head: 'FROM' },
  { head: 'LOAD' },
  { head: 'TO' },
  { head: 'LOAD' },
  { head: 'WHY' },
];

export async function rebalance(
  session: Session,
  name: string | undefined,
  { dryRun }: RebalanceFlags,
): Promise<void> {
  if (dryRun !== true) {
    const message =
      'only --dry-run can be asked for: the operator moves homes by itself, as spec.rebalance says';
    throw new PluginError('USAGE', message);
  }
  const { metadata } = await oneStreamCluster(session, name);
  const { namespace = '', name: cluster } = metadata;
  const path = clusterPath(namespace, cluster, '/rebalance');
  const plan = await session.operator.get<RebalanceItem>(path);
  if (session.isJson) session.json({ namespace, cluster, ...plan });
  else session.io.out(textOf(cluster, plan));
}

function textOf(cluster: string, plan: RebalanceItem): string {
  const { mode, maxImbalance, maxMovesPercent, before, after, moves } = plan;
  const head = fields([
    ['StreamCluster', cluster],
    [
      'Rules',
      `mode ${mode}, up to ${maxImbalance} x the mean, ${maxMovesPercent}% of streams at once`,
    ],
    ['Load now', balanceText(before)],
    ...(moves.length === 0 ? [] : ([['Load after', balanceText(after)]] as const)),
    ['Result', `${plan.reason}: ${plan.message}`],
  ]);
  if (moves.length === 0) return head;
  const rows = moves.map(({ stream, from, to, fromLoad, toLoad, why }) => [
    plain(stream),
    from,
    changeText(fromLoad),
    to,
    changeText(toLoad),
    why,
  ]);
  return `${head}\n${table(COLUMNS, rows)}\nNothing was moved.\n`;
}

function balanceText({ maxLoad, meanLoad, maxOverMean }: Balance): string {
  return `busiest worker ${percent(maxLoad)}, mean ${percent(meanLoad)} (${maxOverMean.toFixed(2)} x)`;
}

function changeText({
  before,
  after,
}: {
  readonly before: number;
  readonly after: number;
}): string {
  return `${percent(before)} -> ${percent(after)}`;
}

import { clusterPath, streamPath } from '../operator/operator-api.ts';
import type { Health, RelayNode, StreamDetail } from '../operator/types.ts';
import { conditionTable } from '../output/condition-table.ts';
import { paint } from '../output/paint.ts';
import { fields, plain } from '../output/table.ts';
import { age, bitRate, counted, UNKNOWN } from '../output/units.ts';
import type { Session } from '../session.ts';
import { oneStreamCluster } from '../stream-clusters.ts';

export interface StreamFlags {
  readonly cluster?: string;
}

/** Who serves one stream, who pulls it from whom, and why. */
export async function stream(
  session: Session,
  name: string | undefined,
  { cluster: clusterName }: StreamFlags,
): Promise<void> {
  const path = streamPath(name ?? '');
  const { metadata } = await oneStreamCluster(session, clusterName);
  const { namespace = '', name: cluster } = metadata;
  const found = await session.operator.get<StreamDetail>(clusterPath(namespace, cluster, path));
  if (session.isJson) session.json({ namespace, cluster, ...found });
  else session.io.out(textOf(session, found));
}

function textOf({ io }: Session, found: StreamDetail): string {
  const { state = UNKNOWN, home = UNKNOWN, ingest = UNKNOWN, replicas = [], tree = [] } = found;
  const { epoch, decision, viewers, bitsPerSecond } = found;
  const head = fields([
    ['Stream', plain(found.name)],
    ['State', `${paint(io, state)}, ${counted(viewers, 'viewer')}, ${bitRate(bitsPerSecond)}`],
    ['Ingest', plain(ingest)],
    ['Home', plain(home)],
    ['Replicas', replicas.length === 0 ? 'none' : replicas.join(', ')],
    ['Epoch', epoch === undefined ? UNKNOWN : String(epoch)],
    ['Last decision', decisionText(decision, io.unixMs())],
    ['Publisher', publisherText(found.health)],
  ]);
  const conditions = conditionTable(io, found.conditions ?? []);
  const workers =
    tree.length === 0
      ? 'No worker has it at present.\n'
      : tree.map((node) => treeText(node, '')).join('');
  return [head, conditions, workers].filter((part) => part !== '').join('\n');
}

function publisherText(health: Health | null | undefined): string {
  if (health === undefined || health === null) return 'none is here';
  const { framesPerSecond = 0, keyIntervalMs = 0, driftMs = 0, gaps, stepsBack } = health;
  const video = [
    `${framesPerSecond.toFixed(1)} pictures a second`,
    `a key frame every ${(keyIntervalMs / 1_000).toFixed(1)} s`,
    `audio ${Math.abs(driftMs)} ms ${driftMs < 0 ? 'behind' : 'ahead'}`,
  ];
  const times = [counted(gaps, 'gap'), `${counted(stepsBack, 'step')} back`];
  return [...(framesPerSecond > 0 ? video : []), ...times].join(', ');
}

function decisionText(decision: StreamDetail['decision'], nowMs: number): string {
  if (decision === undefined || decision === null) return 'none is known';
  const { kind, why, outcome, unixMs } = decision;
  return `${kind}, ${outcome}, ${age(nowMs - unixMs)} ago: ${plain(why)}`;
}

/** A line for each worker, below the one that it pulls from. */
function treeText({ worker, role, viewers, pulledBy }: RelayNode, indent: string): string {
  const line = `${indent}${plain(worker)}  ${role}, ${counted(viewers, 'viewer')}\n`;
  return line + pulledBy.map((node) => treeText(node, `${indent}  `)).join('');
}

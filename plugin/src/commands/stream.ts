import { clusterPath, streamPath } from '../operator/operator-api.ts';
import type { RelayNode, StreamDetail } from '../operator/types.ts';
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
  ]);
  if (tree.length === 0) return `${head}\nNo worker has it at present.\n`;
  return `${head}\n${tree.map((node) => treeText(node, '')).join('')}`;
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

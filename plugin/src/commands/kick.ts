import { PluginError } from '../errors.ts';
import { clusterPath, streamPath } from '../operator/operator-api.ts';
import type { KickAnswer } from '../operator/types.ts';
import { plain } from '../output/table.ts';
import type { Session } from '../session.ts';
import { oneStreamCluster } from '../stream-clusters.ts';

export interface KickFlags {
  readonly ban?: number;
  readonly cluster?: string;
}

const FORM = /^([^/]+\/[^/]+)\/([A-Za-z0-9_-]{16})$/;

/** Ends a session, `APP/NAME/ID`. */
export async function kick(
  session: Session,
  name: string | undefined,
  { ban, cluster: clusterName }: KickFlags,
): Promise<void> {
  const [, stream, id] = FORM.exec(name ?? '') ?? [];
  if (stream === undefined || id === undefined) {
    throw new PluginError('USAGE', 'name the session as `sessions` shows it, APP/NAME/ID');
  }
  const { metadata } = await oneStreamCluster(session, clusterName);
  const { namespace = '', name: cluster } = metadata;
  const path = clusterPath(namespace, cluster, `${streamPath(stream)}/sessions/${id}`);
  const answer = await session.operator.delete<KickAnswer>(path, { banSeconds: ban });
  if (session.isJson) session.json({ namespace, cluster, ...answer });
  else session.io.out(`${textOf(answer, ban)}\n`);
  const { unreached = [] } = answer;
  if (unreached.length > 0) session.note(`No answer from ${unreached.join(', ')}.`);
}

function textOf({ workers = [], ban }: KickAnswer, seconds: number | undefined): string {
  const kicked = `ended at ${workers.join(', ')}`;
  if (ban === undefined || ban === null) return kicked;
  return plain(`${kicked}; ${ban.address} as "${ban.userAgent}" is refused for ${seconds ?? 0} s`);
}

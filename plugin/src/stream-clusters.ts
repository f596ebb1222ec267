import { PluginError } from './errors.ts';
import { streamClusterPath } from './kube/names.ts';
import type { StreamCluster } from './kube/types.ts';
import type { Session } from './session.ts';

/** Those that a command speaks of: the one named, or all of the namespace. */
export async function streamClusters(
  session: Session,
  name: string | undefined,
): Promise<StreamCluster[]> {
  const namespace = await session.namespace();
  if (name !== undefined) return [await named(session, namespace, name)];
  const found = await session.kube.list<StreamCluster>(streamClusterPath(namespace));
  if (found.length === 0)
    throw new PluginError('NOT_FOUND', `there is no StreamCluster ${inside(namespace)}`);
  return found;
}

/** The one named, or the only one. */
export async function oneStreamCluster(
  session: Session,
  name: string | undefined,
): Promise<StreamCluster> {
  const found = await streamClusters(session, name);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const names = found.map(({ metadata }) => nameIn(session, metadata)).join(', ');
  throw new PluginError('USAGE', `there are ${found.length} StreamClusters (${names}): name one`);
}

async function named(
  session: Session,
  namespace: string | undefined,
  name: string,
): Promise<StreamCluster> {
  if (namespace === undefined) {
    throw new PluginError('USAGE', 'a StreamCluster is named within a namespace, so not with -A');
  }
  const found = await session.kube.find<StreamCluster>(streamClusterPath(namespace, name));
  if (found !== undefined) return found;
  throw new PluginError('NOT_FOUND', `there is no StreamCluster "${name}" ${inside(namespace)}`);
}

function inside(namespace: string | undefined): string {
  return namespace === undefined ? 'in any namespace' : `in namespace "${namespace}"`;
}

function nameIn({ flags }: Session, { namespace = '', name }: StreamCluster['metadata']): string {
  return flags.allNamespaces === true ? `${namespace}/${name}` : name;
}

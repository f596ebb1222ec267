/** Names of docs/kubernetes.md, as far as the plugin uses them. */
export const CLUSTER_LABEL = 'streamcluster.dev/cluster';
export const WORKER_SELECTOR = 'app.kubernetes.io/name=streamcluster-worker';
export const OPERATOR_SELECTOR = 'app.kubernetes.io/name=streamcluster-operator';
export const DRAIN_ANNOTATION = 'streamcluster.dev/drain';

const CORE = '/api/v1';
const CUSTOM = '/apis/streamcluster.dev/v1alpha1';

/** Path of a kind's objects; without namespace of all, with name of one. */
export function corePath(kind: string, namespace?: string, name?: string): string {
  return pathIn(CORE, kind, [namespace, name]);
}

export function streamClusterPath(namespace?: string, name?: string): string {
  return pathIn(CUSTOM, 'streamclusters', [namespace, name]);
}

function pathIn(
  root: string,
  kind: string,
  [namespace, name]: readonly (string | undefined)[],
): string {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const one = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${within}/${kind}${one}`;
}

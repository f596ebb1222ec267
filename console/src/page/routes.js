// @ts-check
// Where the page is, by what stands behind the #.

/**
 * @typedef {{namespace: string, name: string}} ClusterName
 * @typedef {{page: 'overview' | 'cluster' | 'stream' | 'worker' | 'unknown', cluster?: ClusterName,
 *   stream?: string, worker?: string}} Route
 */

/** @param {string} hash @returns {Route} */
export function routeOf(hash) {
  const [path = ''] = hash.replace(/^#\/?/, '').split('?', 1);
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.length === 0) return { page: 'overview' };
  const [first, namespace, name, kind, ...rest] = parts.map(decoded);
  if (first !== 'clusters' || !namespace || !name) return { page: 'unknown' };
  const cluster = { namespace, name };
  if (kind === undefined) return { page: 'cluster', cluster };
  if (kind === 'overview') return { page: 'overview', cluster };
  if (kind === 'streams' && rest.length === 2) {
    return { page: 'stream', cluster, stream: rest.join('/') };
  }
  if (kind === 'workers' && rest.length === 1) return { page: 'worker', cluster, worker: rest[0] };
  return { page: 'unknown' };
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** @param {ClusterName} cluster @param {string[]} more */
export function hrefOf({ namespace, name }, ...more) {
  return `#/clusters/${[namespace, name, ...more].map(encodeURIComponent).join('/')}`;
}

/** @param {ClusterName} cluster @param {string} stream `app/name` */
export function streamHref(cluster, stream) {
  return hrefOf(cluster, 'streams', ...stream.split('/'));
}

/** @param {ClusterName} cluster @param {string} worker */
export function workerHref(cluster, worker) {
  return hrefOf(cluster, 'workers', worker);
}

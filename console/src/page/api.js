// @ts-check
// Calls of the JSON API. Addresses are relative, so that a proxy may put something in front.

/** An answer that is no success, with its code (docs/errors.md). */
export class ApiError extends Error {
  /** @param {number} status @param {{code?: string, detail?: string, title?: string}} problem */
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `The operator answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? '';
  }
}

const LOOK_PATIENCE_MS = 10_000;
/** An operator may ask every worker, and some may not answer. */
const CHANGE_PATIENCE_MS = 30_000;
let wasRefused = () => {};

/** @param {() => void} callback called when it may be that a login is needed */
export function onRefused(callback) {
  wasRefused = callback;
}

export const refused = () => wasRefused();

/** Says that a request is ours: another site's page cannot send it. */
const OWN = { 'x-streamcluster-request': 'page' };

/** @param {string} path below api/v1/ @returns {Promise<any>} */
export async function get(path) {
  return await ask(path, {});
}

/** @param {'PUT' | 'POST' | 'DELETE'} method @param {string} path @param {object} [body] */
export async function send(method, path, body) {
  const json = body && { 'content-type': 'application/json' };
  return await ask(path, {
    method,
    headers: { ...OWN, ...json },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** @param {string} path @param {RequestInit} options */
async function ask(path, options) {
  const patienceMs = options.method === undefined ? LOOK_PATIENCE_MS : CHANGE_PATIENCE_MS;
  const signal = AbortSignal.timeout(patienceMs);
  const response = await fetch(`api/v1/${path}`, { ...options, signal }).catch(() => {
    throw new ApiError(0, { detail: 'The operator does not answer.' });
  });
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const body = isJson ? await response.json() : {};
  if (body.code === 'LOGIN_REQUIRED') refused();
  if (!response.ok) throw new ApiError(response.status, body);
  return body;
}

/** @param {{namespace: string, name: string}} cluster */
export function clusterPath({ namespace, name }) {
  return `clusters/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

/** @param {{namespace: string, name: string}} cluster @param {string} stream `app/name` */
export function streamPath(cluster, stream) {
  const [app = '', name = ''] = stream.split('/', 2);
  return `${clusterPath(cluster)}/streams/${encodeURIComponent(app)}/${encodeURIComponent(name)}`;
}

import type { Resource } from './resources.ts';
import type { KubeObject } from './wire.ts';

export interface Target {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** As `status`, `scale`. */
  readonly subresource?: string | undefined;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where the API server has it, query included. */
export function pathOf(resource: Resource<KubeObject>, target: Target, query: Query = {}): string {
  const { group, version, plural, isNamespaced } = resource;
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (isNamespaced && target.namespace !== undefined && target.namespace !== '') {
    parts.push('namespaces', target.namespace);
  }
  parts.push(plural);
  if (target.name !== undefined) parts.push(target.name);
  if (target.subresource !== undefined) parts.push(target.subresource);
  return `/${parts.map(encodeSegment).join('/')}${queryText(query)}`;
}

/** Dots alone would be taken for a way up. */
function encodeSegment(part: string): string {
  if (part === '' || part === '.' || part === '..') throw new TypeError(`no name: "${part}"`);
  return encodeURIComponent(part);
}

function queryText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

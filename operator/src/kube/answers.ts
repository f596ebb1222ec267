import { KubeError } from './api-error.ts';
import type { ListPage } from './client-types.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { asStored, isRecord, type KubeObject, type Stored } from './wire.ts';

export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw KubeError.local('Malformed', 'the answer is no JSON', error);
  }
}

export function storedOf<T extends KubeObject>(value: unknown): Stored<T> {
  const object = asStored<T>(value);
  if (object === undefined) throw KubeError.local('Malformed', 'the answer is no object');
  return object;
}

/** Of what kind they are, the list says, and its objects do not. */
export function pageOf<T extends KubeObject>(resource: Resource<T>, value: unknown): ListPage<T> {
  const { items, metadata } = isRecord(value) ? value : {};
  if (!isRecord(metadata) || typeof metadata['resourceVersion'] !== 'string') {
    throw KubeError.local('Malformed', 'the answer is no list');
  }
  const more = metadata['continue'];
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  return {
    items: (Array.isArray(items) ? items : []).map((item) => ({ ...type, ...storedOf<T>(item) })),
    resourceVersion: metadata['resourceVersion'],
    continue: typeof more === 'string' ? more : '',
  };
}

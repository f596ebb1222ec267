import { KubeError } from './api-error.ts';
import type { ListPage } from './client-types.ts';
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

export function pageOf<T extends KubeObject>(value: unknown): ListPage<T> {
  const { items, metadata } = isRecord(value) ? value : {};
  if (!isRecord(metadata) || typeof metadata['resourceVersion'] !== 'string') {
    throw KubeError.local('Malformed', 'the answer is no list');
  }
  const more = metadata['continue'];
  return {
    items: (Array.isArray(items) ? items : []).map((item) => storedOf<T>(item)),
    resourceVersion: metadata['resourceVersion'],
    continue: typeof more === 'string' ? more : '',
  };
}

import { KubeError } from './api-error.ts';
import { asStored, isRecord, type KubeObject, type Stored } from './wire.ts';

export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Stored<T> }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  | { readonly type: 'ERROR'; readonly error: KubeError };

/** Undefined for what is no event. */
export function parseWatchEvent<T extends KubeObject>(line: string): WatchEvent<T> | undefined {
  const { type, object } = parseObject(line);
  if (type === 'ERROR') return { type, error: KubeError.fromStatus(object) };
  if (type === 'BOOKMARK') return bookmark(object);
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') return undefined;
  const stored = asStored<T>(object);
  return stored === undefined ? undefined : { type, object: stored };
}

function parseObject(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function bookmark(object: unknown): WatchEvent<never> | undefined {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' ? { type: 'BOOKMARK', resourceVersion: version } : undefined;
}

import type { V1MicroTime } from '@kubernetes/client-node';

/** A type of the API as it is in JSON: times are text, and what was read is shared. */
export type Wire<T> = T extends Date | V1MicroTime
  ? string
  : T extends (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Key in keyof T as Name<Key>]: Wire<T[Key]> }
      : T;

/** client-node writes `_from` where the API has `from`. */
type Name<Key> = Key extends `_${infer Rest}` ? Rest : Key;

/** What every object of the API has, before it is stored there. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ObjectMeta;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface StoredMeta extends ObjectMeta {
  readonly name: string;
  /** Empty for what lies in no namespace. */
  readonly namespace: string;
  readonly uid: string;
  /** Empty only in the answer to a dry run. */
  readonly resourceVersion: string;
}

/** An object as the API server answers it. */
export type Stored<T extends KubeObject> = T & { readonly metadata: StoredMeta };

/** `namespace/name`, or `name` where there is no namespace. */
export function keyOf({ metadata: { namespace, name } }: { metadata: NamedMeta }): string {
  return objectKey(namespace, name);
}

interface NamedMeta {
  readonly namespace: string;
  readonly name: string;
}

export function objectKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

export function splitKey(key: string): NamedMeta {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, Math.max(0, slash)), name: key.slice(slash + 1) };
}

/** Undefined unless it has what every stored object has. Leaves out managedFields: half of its size. */
export function asStored<T extends KubeObject>(value: unknown): Stored<T> | undefined {
  const metadata = isRecord(value) ? value['metadata'] : undefined;
  if (!isRecord(metadata)) return undefined;
  metadata['namespace'] ??= '';
  metadata['resourceVersion'] ??= '';
  const { name, uid, namespace, resourceVersion } = metadata;
  const texts = [name, uid, namespace, resourceVersion];
  if (!texts.every((text) => typeof text === 'string')) return undefined;
  delete metadata['managedFields'];
  return value as Stored<T>;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { keyOf, type KubeObject, type Stored } from './wire.ts';

/** The value under which an object is found; undefined: under none. */
export type IndexOf<T extends KubeObject> = (object: Stored<T>) => string | undefined;

export type Indexes<T extends KubeObject> = Readonly<Record<string, IndexOf<T>>>;

export type ChangeKind = 'added' | 'changed' | 'deleted';

/** Those under one value of an index. */
interface Entry<T extends KubeObject> {
  readonly keys: Set<string>;
  /** Undefined: something changed since it was asked for. */
  list: readonly Stored<T>[] | undefined;
}

type Index<T extends KubeObject> = Map<string, Entry<T>>;

/** Shared, so that a list of nothing is the same list, too. */
const NONE: readonly never[] = [];

/** Objects by key, and by indexes. */
export class Store<T extends KubeObject> {
  private readonly objects = new Map<string, Stored<T>>();
  private readonly indexes: readonly (readonly [string, IndexOf<T>, Index<T>])[];

  constructor(indexes: Indexes<T>) {
    this.indexes = Object.entries(indexes).map(([name, of]) => [name, of, new Map()]);
  }

  get(key: string): Stored<T> | undefined {
    return this.objects.get(key);
  }

  list(): Stored<T>[] {
    return [...this.objects.values()];
  }

  keys(): string[] {
    return [...this.objects.keys()];
  }

  /** The same list as before while nothing in it changed. */
  byIndex(name: string, value: string): readonly Stored<T>[] {
    const index = this.indexes.find(([one]) => one === name)?.[2];
    if (index === undefined) throw new TypeError(`no index "${name}"`);
    const entry = index.get(value);
    if (entry === undefined) return NONE;
    entry.list ??= [...entry.keys]
      .map((key) => this.objects.get(key))
      .filter((object) => object !== undefined);
    return entry.list;
  }

  /** Undefined: it was there already, as it is. */
  set(object: Stored<T>): ChangeKind | undefined {
    const key = keyOf(object);
    const before = this.objects.get(key);
    if (before !== undefined && isSame(before, object)) return undefined;
    if (before !== undefined) this.unindex(key, before);
    this.objects.set(key, object);
    for (const [, of, index] of this.indexes) addTo(index, of(object), key);
    return before === undefined ? 'added' : 'changed';
  }

  /** What was there. */
  delete(key: string): Stored<T> | undefined {
    const before = this.objects.get(key);
    if (before === undefined) return undefined;
    this.unindex(key, before);
    this.objects.delete(key);
    return before;
  }

  private unindex(key: string, object: Stored<T>): void {
    for (const [, of, index] of this.indexes) removeFrom(index, of(object), key);
  }
}

function isSame({ metadata: a }: Stored<KubeObject>, { metadata: b }: Stored<KubeObject>): boolean {
  return a.resourceVersion === b.resourceVersion && a.uid === b.uid;
}

function addTo<T extends KubeObject>(
  index: Index<T>,
  value: string | undefined,
  key: string,
): void {
  if (value === undefined) return;
  const keys = index.get(value)?.keys ?? new Set<string>();
  index.set(value, { keys: keys.add(key), list: undefined });
}

function removeFrom<T extends KubeObject>(
  index: Index<T>,
  value: string | undefined,
  key: string,
): void {
  if (value === undefined) return;
  const keys = index.get(value)?.keys ?? new Set<string>();
  keys.delete(key);
  if (keys.size === 0) index.delete(value);
  else index.set(value, { keys, list: undefined });
}

import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { KubeClient } from './client.ts';
import { ListWatch } from './list-watch.ts';
import type { Resource } from './resources.ts';
import { Store, type ChangeKind, type Indexes } from './store.ts';
import { keyOf, type KubeObject, type Stored } from './wire.ts';

export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  /** Empty, or absent: all. */
  readonly namespaces?: readonly string[];
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** What byIndex() finds by, beside `namespace`. */
  readonly indexes?: Indexes<T>;
  /** What is kept of an object, to save memory. */
  readonly trim?: (object: Stored<T>) => Stored<T>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
}

/** Told the object as it is; of a deleted one, as it was last. */
export type ChangeListener<T extends KubeObject> = (
  key: string,
  kind: ChangeKind,
  object: Stored<T>,
) => void;

/** A cache of what the API server has, and word of what changes. Objects are shared: read only. */
export class Informer<T extends KubeObject> {
  private readonly options: InformerOptions<T>;
  private readonly store: Store<T>;
  private readonly watches: readonly ListWatch<T>[];
  private readonly listed = new Set<string>();
  private readonly namespaces: readonly string[];
  private readonly listeners: ChangeListener<T>[] = [];
  private readonly waiting: (() => void)[] = [];

  constructor(options: InformerOptions<T>) {
    this.options = options;
    const { namespaces = [], indexes } = options;
    this.namespaces = namespaces.length === 0 ? [''] : [...new Set(namespaces)];
    this.store = new Store<T>({ ...indexes, namespace: ({ metadata }) => metadata.namespace });
    this.watches = this.namespaces.map((namespace) => this.listWatch(namespace));
  }

  start(): void {
    for (const watch of this.watches) watch.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.watches.map(async (watch) => await watch.close()));
  }

  /** True once everything was listed, however long ago. */
  get hasSynced(): boolean {
    return this.listed.size === this.namespaces.length;
  }

  /** Resolves at once if it has. */
  async synced(): Promise<void> {
    if (this.hasSynced) return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Why it may not know the newest; undefined: it does. */
  get lastError(): Error | undefined {
    return this.watches.find(({ lastError }) => lastError !== undefined)?.lastError;
  }

  /** Since when nothing was heard, on the monotonic clock; undefined: it never was. */
  get lastContactMs(): number | undefined {
    const times = this.watches.map(({ lastContactMs }) => lastContactMs);
    const known = times.filter((time) => time !== undefined);
    return known.length === times.length ? Math.min(...known) : undefined;
  }

  /** Told after the store has it. */
  onChange(listener: ChangeListener<T>): void {
    this.listeners.push(listener);
  }

  /** By `namespace/name`. */
  get(key: string): Stored<T> | undefined {
    return this.store.get(key);
  }

  list(): readonly Stored<T>[] {
    return this.store.list();
  }

  byIndex(name: string, value: string): readonly Stored<T>[] {
    return this.store.byIndex(name, value);
  }

  private listWatch(namespace: string): ListWatch<T> {
    const { client, resource, labelSelector, fieldSelector, clock, log, random } = this.options;
    return new ListWatch<T>({
      client,
      resource,
      selection: { namespace, labelSelector, fieldSelector },
      clock,
      log,
      onList: (items) => this.replace(namespace, items),
      onEvent: (type, object) => {
        if (type === 'DELETED') this.remove(keyOf(object));
        else this.put(object);
      },
      ...(random && { random }),
    });
  }

  private replace(namespace: string, items: readonly Stored<T>[]): void {
    const keys = new Set(items.map((item) => keyOf(item)));
    for (const { metadata } of this.within(namespace)) {
      const key = keyOf({ metadata });
      if (!keys.has(key)) this.remove(key);
    }
    for (const item of items) this.put(item);
    this.listed.add(namespace);
    if (this.hasSynced) for (const resolve of this.waiting.splice(0)) resolve();
  }

  private within(namespace: string): readonly Stored<T>[] {
    return namespace === '' ? this.store.list() : this.store.byIndex('namespace', namespace);
  }

  private put(object: Stored<T>): void {
    const { trim } = this.options;
    const kept = trim === undefined ? object : trim(object);
    const kind = this.store.set(kept);
    if (kind !== undefined) this.tell(kept, kind);
  }

  private remove(key: string): void {
    const gone = this.store.delete(key);
    if (gone !== undefined) this.tell(gone, 'deleted');
  }

  private tell(object: Stored<T>, kind: ChangeKind): void {
    const key = keyOf(object);
    for (const listener of this.listeners) {
      try {
        listener(key, kind, object);
      } catch (error) {
        // Whatever a listener does wrong must not end the watch.
        this.options.log.error({ key, err: error, code: 'INTERNAL' }, 'listener failed');
      }
    }
  }
}

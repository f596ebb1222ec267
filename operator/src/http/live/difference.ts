/** One thing that the page shows: a worker, a stream … by the names of its fields. */
export type Item = Readonly<Record<string, unknown>>;

export interface Difference {
  /** What is new or has changed: of these, the fields that did. */
  readonly set: Readonly<Record<string, Item>>;
  readonly gone: readonly string[];
}

/** What has to be said to whoever knows `before`; undefined: nothing. */
export function difference(
  before: ReadonlyMap<string, Item>,
  after: ReadonlyMap<string, Item>,
): Difference | undefined {
  const set: Record<string, Item> = {};
  let isSame = true;
  for (const [key, item] of after) {
    const changed = changedFields(before.get(key), item);
    if (changed === undefined) continue;
    set[key] = changed;
    isSame = false;
  }
  const gone = [...before.keys()].filter((key) => !after.has(key));
  return isSame && gone.length === 0 ? undefined : { set, gone };
}

function changedFields(before: Item | undefined, after: Item): Item | undefined {
  if (before === undefined) return after;
  let changed: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(after)) {
    if (isSame(before[name], value)) continue;
    changed ??= {};
    changed[name] = value;
  }
  return changed;
}

/** Most fields are numbers and short texts; the rest is compared as it is sent. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object') return false;
  return JSON.stringify(one) === JSON.stringify(other);
}

import type { JsonPatch } from './client-types.ts';
import { isRecord } from './wire.ts';

type Fields = Readonly<Record<string, unknown>>;
type Entry = Fields;

/**
 * What a manager made by a plain create is kept apart from what it applies: an
 * apply that no longer names such a field leaves it. The patch that makes both
 * one, as kubectl does for what was made by `kubectl create`; undefined: nothing
 * is kept apart. It fails as a conflict if the object changes in between.
 */
export function asApplied(object: unknown, manager: string): JsonPatch | undefined {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  if (!isRecord(metadata) || !Array.isArray(metadata['managedFields'])) return undefined;
  const entries = metadata['managedFields'].filter(isRecord);
  const ours = entries.filter((entry) => entry['manager'] === manager && !hasSubresource(entry));
  const [first] = ours.filter(({ operation }) => operation === 'Update');
  if (first === undefined) return undefined;
  const fieldsV1 = ours.map((entry) => fieldsOf(entry['fieldsV1'])).reduce(union, {});
  const others = entries.filter((entry) => !ours.includes(entry));
  const { resourceVersion } = metadata;
  return [
    replace('managedFields', [...others, { ...first, operation: 'Apply', fieldsV1 }]),
    replace('resourceVersion', resourceVersion),
  ];
}

function replace(field: string, value: unknown): JsonPatch[number] {
  return { op: 'replace', path: `/metadata/${field}`, value };
}

/** As of a status, which is written by itself. */
function hasSubresource({ subresource }: Entry): boolean {
  return subresource !== undefined && subresource !== '';
}

function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

/** Sets of fields are trees of keys without values. */
function union(one: Fields, other: Fields): Fields {
  const both = Object.entries(other).map(([key, below]) => {
    return [key, union(fieldsOf(one[key]), fieldsOf(below))] as const;
  });
  return { ...one, ...Object.fromEntries(both) };
}

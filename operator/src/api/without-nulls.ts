import type { SchemaNode } from './structural.ts';

/**
 * The value without members that are null. An API server takes null for "not
 * given", so that a default or a rule over absence gets to see it; YAML has a null
 * wherever nothing follows a colon.
 */
export function withoutNulls(value: unknown, node: SchemaNode): unknown {
  const { properties, items, additionalProperties } = node;
  if (Array.isArray(value)) {
    return items === undefined ? value : value.map((item) => withoutNulls(item, items));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Record<string, unknown>);
  const childOf = (name: string): SchemaNode | undefined =>
    properties !== undefined && Object.hasOwn(properties, name)
      ? properties[name]
      : additionalProperties;
  return Object.fromEntries(
    entries
      .filter(([name, child]) => child !== null || childOf(name) === undefined)
      .map(([name, child]) => [name, withoutNulls(child, childOf(name) ?? {})]),
  );
}

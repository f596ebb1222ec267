import type { SchemaNode } from './structural.ts';

/**
 * The value without members that are null. An API server takes null for "not
 * given", so that a default or a rule over absence gets to see it; YAML has a null
 * wherever nothing follows a colon.
 */
export function withoutNulls(value: unknown, node: SchemaNode): unknown {
  const { items } = node;
  if (Array.isArray(value)) {
    return items === undefined ? value : value.map((item) => withoutNulls(item, items));
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).flatMap(([name, child]: [string, unknown]) => {
    const childNode = memberOf(node, name);
    if (childNode === undefined) return [[name, child]];
    return child === null ? [] : [[name, withoutNulls(child, childNode)]];
  });
  return Object.fromEntries(members);
}

function memberOf(
  { properties, additionalProperties }: SchemaNode,
  name: string,
): SchemaNode | undefined {
  const isProperty = properties !== undefined && Object.hasOwn(properties, name);
  return isProperty ? properties[name] : additionalProperties;
}

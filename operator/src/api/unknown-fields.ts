import { specSchema } from './spec.ts';
import { structuralSchema, type SchemaNode } from './structural.ts';

/** What a StreamCluster may have; metadata and status are taken as they come. */
export const KNOWN_FIELDS: SchemaNode = {
  properties: {
    apiVersion: {},
    kind: {},
    metadata: {},
    spec: structuralSchema(specSchema),
    status: {},
  },
};

type Path = readonly PropertyKey[];

/**
 * Paths of the fields that the schema does not have, so that a typing error is
 * not a silent default. An API server does the same with strict validation.
 */
export function unknownFields(value: unknown): Path[] {
  return unknownBelow(value, KNOWN_FIELDS, []);
}

function unknownBelow(value: unknown, node: SchemaNode, path: Path): Path[] {
  const { properties, items } = node;
  if (Array.isArray(value)) {
    if (items === undefined) return [];
    return value.flatMap((item, index) => unknownBelow(item, items, [...path, index]));
  }
  if (properties === undefined || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const childPath = [...path, name];
    // Own properties only: a field may be called `constructor`.
    if (!Object.hasOwn(properties, name)) return [childPath];
    return unknownBelow(child, properties[name] ?? {}, childPath);
  });
}

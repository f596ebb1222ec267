import { structuralSchema, type SchemaNode } from './crd.ts';
import { specSchema } from './spec.ts';

/** What a StreamCluster may have; metadata and status are taken as they come. */
const KNOWN: SchemaNode = {
  properties: {
    apiVersion: {},
    kind: {},
    metadata: {},
    spec: structuralSchema(specSchema),
    status: {},
  },
};

/**
 * Paths of the fields that the schema does not have, so that a typing error is
 * not a silent default. An API server does the same with strict validation.
 */
export function unknownFields(value: unknown): string[][] {
  return unknownBelow(value, KNOWN, []);
}

function unknownBelow(value: unknown, node: SchemaNode, path: readonly string[]): string[][] {
  const { properties } = node;
  if (properties === undefined || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const childPath = [...path, name];
    // Own properties only: a field may be called `constructor`.
    if (!Object.hasOwn(properties, name)) return [childPath];
    return unknownBelow(child, properties[name] ?? {}, childPath);
  });
}

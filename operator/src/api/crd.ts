import YAML from 'yaml';
import { z } from 'zod';
import { specSchema } from './spec.ts';
import { statusSchema } from './status.ts';
import { GROUP, KIND, streamClusterSchema, VERSION } from './stream-cluster.ts';

/** A node of the schema that an API server takes. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly [keyword: string]: unknown;
}

/**
 * What may appear. The API server refuses many other keywords and silently
 * forgets some, so whatever zod starts to emit stops the generator instead.
 */
const ALLOWED = new Set([
  ...['type', 'description', 'default', 'enum', 'properties', 'required', 'items', 'format'],
  ...['minimum', 'maximum', 'minLength', 'maxLength', 'maxItems', 'pattern'],
  ...['x-kubernetes-validations', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys'],
]);
const LOOK_AROUND = /\(\?[=!<]/;

/** Structural schema of a zod schema; throws on what an API server refuses. */
export function structuralSchema(schema: z.ZodType): SchemaNode {
  const json = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });
  return checked(json, '') as SchemaNode;
}

function checked(node: object, path: string): object {
  const kept: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(node) as [string, unknown][]) {
    if (isImpliedBound(keyword, value)) continue;
    if (!ALLOWED.has(keyword)) throw new Error(`${path}: ${keyword} is not allowed in a CRD`);
    kept[keyword] = checkedValue(keyword, value, path);
  }
  if (kept['type'] === undefined) throw new Error(`${path}: a type is missing`);
  return kept;
}

function checkedValue(keyword: string, value: unknown, path: string): unknown {
  if (keyword === 'items') return checked(value as object, `${path}[]`);
  if (keyword === 'pattern' && LOOK_AROUND.test(value as string)) {
    throw new Error(`${path}: look-around patterns are not allowed in a CRD`);
  }
  if (keyword !== 'properties') return value;
  const properties = Object.entries(value as Record<string, object>);
  return Object.fromEntries(
    properties.map(([name, child]) => [name, checked(child, `${path}.${name}`)]),
  );
}

/** zod states the range of safe integers; it says nothing. */
function isImpliedBound(keyword: string, value: unknown): boolean {
  return (
    (keyword === 'maximum' && value === Number.MAX_SAFE_INTEGER) ||
    (keyword === 'minimum' && value === Number.MIN_SAFE_INTEGER)
  );
}

function column(name: string, jsonPath: string, type = 'integer'): object {
  return { name, type, jsonPath };
}

const COLUMNS = [
  column('Desired', '.status.desiredReplicas'),
  column('Ready', '.status.readyReplicas'),
  column('Draining', '.status.draining'),
  column('Streams', '.status.streams'),
  column('Viewers', '.status.viewers'),
  column('MaxLoad', '.status.maxLoad', 'string'),
  column('Phase', '.status.phase', 'string'),
  column('Age', '.metadata.creationTimestamp', 'date'),
];

function rootSchema(): object {
  const root = z.globalRegistry.get(streamClusterSchema);
  return {
    type: 'object',
    description: root?.description,
    required: ['spec'],
    'x-kubernetes-validations': root?.['x-kubernetes-validations'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structuralSchema(specSchema),
      status: structuralSchema(statusSchema),
    },
  };
}

function version(): object {
  return {
    name: VERSION,
    served: true,
    storage: true,
    additionalPrinterColumns: COLUMNS,
    subresources: {
      status: {},
      scale: {
        specReplicasPath: '.spec.fixed.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.selector',
      },
    },
    schema: { openAPIV3Schema: rootSchema() },
  };
}

/** The CustomResourceDefinition, as the committed file has it. */
export function renderCrd(): string {
  const plural = 'streamclusters';
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural,
        singular: 'streamcluster',
        shortNames: ['stc'],
        categories: ['streaming'],
      },
      versions: [version()],
    },
  };
  const text = YAML.stringify(crd, { lineWidth: 120, aliasDuplicateObjects: false });
  return `# Generated from operator/src/api by "make generate".\n${text}`;
}

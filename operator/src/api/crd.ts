import { createHash } from 'node:crypto';
import YAML from 'yaml';
import { z } from 'zod';
import { specSchema } from './spec.ts';
import { statusSchema, type StreamClusterStatus } from './status.ts';
import { GROUP, KIND, streamClusterSchema, VERSION } from './stream-cluster.ts';
import { structuralSchema } from './structural.ts';

/** Says of which schema an installed CRD is: an older one forgets fields. */
export const SCHEMA_ANNOTATION = `${GROUP}/schema`;
const SCHEMA_HASH_CHARACTERS = 12;

interface Column {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly jsonPath: string;
  /** Above 0: shown only by `kubectl get -o wide`. */
  readonly priority?: number;
}

function column(name: string, field: keyof StreamClusterStatus, type = 'integer'): Column {
  const description = statusSchema.shape[field].description ?? '';
  return { name, type, description, jsonPath: `.status.${field}` };
}

const COLUMNS: readonly Column[] = [
  column('Desired', 'desiredReplicas'),
  column('Ready', 'readyReplicas'),
  column('Draining', 'draining'),
  column('Streams', 'streams'),
  column('Viewers', 'viewers'),
  column('MaxLoad', 'maxLoad', 'string'),
  column('Phase', 'phase', 'string'),
  { ...column('NUMA', 'numa', 'string'), priority: 1 },
  {
    name: 'Age',
    type: 'date',
    description: 'Since when it exists.',
    jsonPath: '.metadata.creationTimestamp',
  },
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

const PLURAL = 'streamclusters';

function definition(): object {
  return {
    group: GROUP,
    scope: 'Namespaced',
    names: {
      kind: KIND,
      listKind: `${KIND}List`,
      plural: PLURAL,
      singular: 'streamcluster',
      shortNames: ['stc'],
      categories: ['streaming'],
    },
    versions: [version()],
  };
}

/** What SCHEMA_ANNOTATION says in a CRD of this very version. */
export function schemaHash(): string {
  const text = JSON.stringify(definition());
  return createHash('sha256').update(text).digest('hex').slice(0, SCHEMA_HASH_CHARACTERS);
}

/** The CustomResourceDefinition, as the committed file has it. */
export function renderCrd(): string {
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${PLURAL}.${GROUP}`,
      annotations: { [SCHEMA_ANNOTATION]: schemaHash() },
    },
    spec: definition(),
  };
  const text = YAML.stringify(crd, { lineWidth: 120, aliasDuplicateObjects: false });
  return `# Generated from operator/src/api by "make generate".\n${text}`;
}

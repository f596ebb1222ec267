import { specSchema } from './spec.ts';
import { statusSchema } from './status.ts';
import { structuralSchema, type SchemaNode } from './structural.ts';

const HEAD = `# The StreamCluster resource

<!-- Generated from operator/src/api by "make generate". -->

The smallest one:

\`\`\`yaml
apiVersion: streamcluster.dev/v1alpha1
kind: StreamCluster
metadata: {name: live, namespace: default}
spec:
  fixed: {replicas: 3}
\`\`\`

Durations are in seconds. Unknown fields are refused.
`;

interface Row {
  readonly field: string;
  readonly node: SchemaNode;
  readonly isRequired: boolean;
}

function rows(node: SchemaNode, prefix: string): Row[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const field = prefix === '' ? name : `${prefix}.${name}`;
    const row = { field, node: child, isRequired: node.required?.includes(name) ?? false };
    const inner = child.items === undefined ? rows(child, field) : rows(child.items, `${field}[]`);
    return [row, ...inner];
  });
}

function typeOf(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(', ');
  const { type = '', minimum, maximum } = node;
  if (minimum === undefined && maximum === undefined) return type;
  return `${type}, ${minimum ?? '…'} to ${maximum ?? '…'}`;
}

function defaultOf({ node, isRequired }: Row): string {
  if (isRequired) return 'required';
  if (node.default === undefined || node.type === 'object') return '';
  const shown = typeof node.default === 'string' ? node.default : JSON.stringify(node.default);
  return `\`${shown}\``;
}

function specTable(): string {
  const lines = rows(structuralSchema(specSchema), '').map(
    (row) =>
      `| \`${row.field}\` | ${typeOf(row.node)} | ${defaultOf(row)} | ${row.node.description ?? ''} |`,
  );
  return ['| field | type | default | meaning |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

function statusTable(): string {
  const lines = rows(structuralSchema(statusSchema), '').map(
    ({ field, node }) => `| \`${field}\` | ${typeOf(node)} | ${node.description ?? ''} |`,
  );
  return ['| field | type | meaning |', '| --- | --- | --- |', ...lines].join('\n');
}

function rules(node: SchemaNode): string[] {
  const own = (node['x-kubernetes-validations'] ?? []) as { message: string }[];
  const inner = Object.values(node.properties ?? {}).flatMap(rules);
  return [...own.map(({ message }) => `- ${message}`), ...inner];
}

/** docs/streamcluster.md, as the committed file has it. */
export function renderDocs(): string {
  const more = rules(structuralSchema(specSchema)).join('\n');
  return `${HEAD}\n## spec\n\n${specTable()}\n\nFurther rules:\n\n${more}\n\n## status\n\n${statusTable()}\n`;
}

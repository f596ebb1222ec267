import { DOCS_HEAD, DOCS_TAIL } from './docs-text.ts';
import { specSchema } from './spec.ts';
import { statusSchema } from './status.ts';
import { streamClusterSchema } from './stream-cluster.ts';
import { INT_OR_STRING, structuralSchema, type SchemaNode } from './structural.ts';

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
  const type = kindOf(node);
  const { minimum, maximum } = node;
  if (minimum === undefined && maximum === undefined) return type;
  return `${type}, ${minimum ?? '…'} to ${maximum ?? '…'}`;
}

function kindOf({ type = '', items, additionalProperties, ...node }: SchemaNode): string {
  if (node[INT_OR_STRING] === true) return 'integer or quantity';
  if (items !== undefined) return `list of ${kindOf(items)}s`;
  if (additionalProperties !== undefined) return `map of ${kindOf(additionalProperties)}s`;
  return type;
}

function defaultOf({ node, isRequired }: Row): string {
  if (isRequired) return 'required';
  if (node.default === undefined || node.type === 'object') return '';
  const shown = typeof node.default === 'string' ? node.default : JSON.stringify(node.default);
  return `\`${shown}\``;
}

function specTable(spec: SchemaNode): string {
  const lines = rows(spec, '').map(
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
  const { properties = {}, items, additionalProperties } = node;
  const below = [...Object.values(properties), items, additionalProperties];
  return [
    ...own.map(({ message }) => `- ${message}`),
    ...below.flatMap((child) => (child === undefined ? [] : rules(child))),
  ];
}

/** docs/streamcluster.md, as the committed file has it. */
export function renderDocs(): string {
  const spec = structuralSchema(specSchema);
  const all = [...rules(streamClusterSchema.meta() as SchemaNode), ...rules(spec)];
  const more = [...new Set(all)].join('\n');
  const tables = `## spec\n\n${specTable(spec)}\n\nFurther rules:\n\n${more}\n\n## status\n\n${statusTable()}\n`;
  return `${DOCS_HEAD}\n${tables}\n${DOCS_TAIL}`;
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import YAML from 'yaml';
import { z } from 'zod';
import { renderCrd, schemaHash } from './api/crd.ts';
import { specSchema } from './api/spec.ts';
import { INT_OR_STRING, structuralSchema, type SchemaNode } from './api/structural.ts';
import { generatedFiles } from './generate.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe('generated files', () => {
  it.each(Object.entries(generatedFiles()))('%s is up to date', (name, content) => {
    expect(readFileSync(path.join(ROOT, name), 'utf8')).toBe(content);
  });
});

describe('the CRD', () => {
  const crd = YAML.parse(renderCrd()) as {
    metadata: { annotations: Record<string, string> };
    spec: { versions: { schema: { openAPIV3Schema: SchemaNode } }[] };
  };
  const schema = crd.spec.versions[0]?.schema.openAPIV3Schema;

  it('carries every rule', () => {
    const text = JSON.stringify(schema);
    expect(text).toContain('!has(self.fixed) || !has(self.autoscaling)');
    expect(text).toContain('self.minReplicas <= self.maxReplicas');
    expect(text).toContain('self.nats == oldSelf.nats');
    expect(text).toContain('self.metadata.name.matches(');
  });

  it('describes every field, item and value', () => {
    expect(undescribed(schema ?? {}, '')).toEqual(['.apiVersion', '.kind', '.metadata']);
  });

  it('is the same to readers of YAML 1.1', () => {
    const old = YAML.parse(renderCrd(), { version: '1.1' }) as object;
    expect(old).toEqual(crd);
  });

  it('says of which schema it is', () => {
    const { annotations } = crd.metadata;
    expect(annotations).toEqual({ 'streamcluster.dev/schema': schemaHash() });
    expect(schemaHash()).toMatch(/^[0-9a-f]{12}$/);
  });
});

describe('docs/streamcluster.md', () => {
  it('has every rule', () => {
    const documented = generatedFiles()['docs/streamcluster.md'] ?? '';
    for (const message of messages(structuralSchema(specSchema))) {
      expect(documented).toContain(`- ${message}\n`);
    }
  });
});

describe('structuralSchema', () => {
  it.each<[string, z.ZodType]>([
    ['a union', z.object({ a: z.union([z.string(), z.int()]) })],
    ['a strict object', z.strictObject({ a: z.string() })],
    ['a map without bounds', z.object({ a: z.record(z.string(), z.string()) })],
    ['a list without bounds', z.object({ a: z.array(z.string()) })],
    ['anything', z.object({ a: z.any() })],
    ['look-ahead', z.object({ a: z.string().regex(/^(?!x)/) })],
    ['a word that YAML takes for a boolean', z.object({ a: z.enum(['On', 'Never']) })],
    ['a marked union of others', z.union([z.int(), z.boolean()]).meta({ [INT_OR_STRING]: true })],
    ['a mark without a union', z.string().meta({ [INT_OR_STRING]: true })],
  ])('refuses %s', (_what, schema) => {
    expect(() => structuralSchema(schema)).toThrow(/CRD|type is missing/);
  });

  it('puts the bounds of an integer and of a string side by side', () => {
    const union = z.union([z.int().min(1), z.string().max(4)]).default(2);
    expect(structuralSchema(union.meta({ [INT_OR_STRING]: true }))).toEqual({
      [INT_OR_STRING]: true,
      minimum: 1,
      maxLength: 4,
      default: 2,
    });
  });

  it('bounds maps', () => {
    const map = z.record(z.string(), z.string()).meta({ maxProperties: 3 });
    expect(structuralSchema(map)).toEqual({
      type: 'object',
      additionalProperties: { type: 'string' },
      maxProperties: 3,
    });
  });

  it('makes defaults whole', () => {
    const inner = z.object({ b: z.int().default(1), c: z.int().optional() }).prefault({});
    const schema = structuralSchema(z.object({ a: z.object({ inner }).prefault({}) }));
    expect(schema.properties?.['a']?.default).toEqual({ inner: { b: 1 } });
  });
});

/** Paths of nodes without a description. */
function undescribed(node: SchemaNode, path: string): string[] {
  const own = node.description === undefined ? [path] : [];
  const { items, additionalProperties, properties = {} } = node;
  return [
    ...own,
    ...Object.entries(properties).flatMap(([name, child]) => undescribed(child, `${path}.${name}`)),
    ...(items === undefined ? [] : undescribed(items, `${path}[]`)),
    ...(additionalProperties === undefined ? [] : undescribed(additionalProperties, `${path}.*`)),
  ];
}

function messages(node: SchemaNode): string[] {
  const own = (node['x-kubernetes-validations'] ?? []) as { message: string }[];
  const { items, additionalProperties, properties = {} } = node;
  const below = [...Object.values(properties), items, additionalProperties];
  return [
    ...own.map(({ message }) => message),
    ...below.flatMap((child) => (child === undefined ? [] : messages(child))),
  ];
}

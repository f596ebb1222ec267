import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import YAML from 'yaml';
import { z } from 'zod';
import { renderCrd } from './api/crd.ts';
import { structuralSchema } from './api/structural.ts';
import { generatedFiles } from './generate.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe('generated files', () => {
  it.each(Object.entries(generatedFiles()))('%s is up to date', (name, content) => {
    expect(readFileSync(path.join(ROOT, name), 'utf8')).toBe(content);
  });
});

describe('the CRD', () => {
  const crd = YAML.parse(renderCrd()) as { spec: { versions: { schema: object }[] } };
  const text = JSON.stringify(crd.spec.versions[0]?.schema);

  it('carries every rule', () => {
    expect(text).toContain('!has(self.fixed) || !has(self.autoscaling)');
    expect(text).toContain('self.minReplicas <= self.maxReplicas');
    expect(text).toContain('self.metadata.name.matches(');
  });

  it('describes every field', () => {
    expect(undescribed(crd.spec.versions[0]?.schema, '')).toEqual([]);
  });
});

describe('structuralSchema', () => {
  it.each<[string, z.ZodType]>([
    ['a union', z.object({ a: z.union([z.string(), z.int()]) })],
    ['a strict object', z.strictObject({ a: z.string() })],
    ['a map without bounds', z.object({ a: z.record(z.string(), z.string()) })],
    ['anything', z.object({ a: z.any() })],
    ['look-ahead', z.object({ a: z.string().regex(/^(?!x)/) })],
  ])('refuses %s', (_what, schema) => {
    expect(() => structuralSchema(schema)).toThrow(/CRD|type is missing/);
  });
});

/** Paths of properties of spec and status without a description. */
function undescribed(node: unknown, at: string): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, child]: [string, unknown]) => {
    if (name !== 'properties') return undescribed(child, at);
    return Object.entries(child as Record<string, { description?: string }>).flatMap(
      ([field, inner]) => {
        const path = `${at}.${field}`;
        const isBuiltIn = ['.apiVersion', '.kind', '.metadata'].includes(path);
        const own = inner.description === undefined && !isBuiltIn ? [path] : [];
        return [...own, ...undescribed(inner, path)];
      },
    );
  });
}

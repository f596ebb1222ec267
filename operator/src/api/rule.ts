import type { z } from 'zod';

interface CelRule {
  readonly cel: string;
  /** A sentence that names the fields. */
  readonly message: string;
  /** Where the error is shown, below the object that has the rule. */
  readonly path: readonly string[];
}

/** A rule over several fields: CEL for the API server, a predicate for zod. */
export interface Rule<Value> extends CelRule {
  readonly holds: (value: Value) => boolean;
}

/** A rule over what was and what is to be; only updates are held against it. */
export interface ChangeRule<Value> extends CelRule {
  readonly holds: (next: Value, before: Value) => boolean;
}

/**
 * zod's own refinements vanish from the generated schema without a word, so
 * each rule is said once here and reaches both. Rules over changes reach only
 * the schema: zod sees one value (see change.ts).
 */
export function withRules<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  rules: readonly Rule<z.output<Schema>>[],
  changes: readonly ChangeRule<z.output<Schema>>[] = [],
): Schema {
  let ruled: Schema = schema;
  for (const { holds, message, path } of rules) {
    ruled = ruled.refine(holds, { message, path: [...path] });
  }
  const validations = [...rules, ...changes].map(validation);
  return ruled.meta({ description, 'x-kubernetes-validations': validations });
}

function validation({ cel, message, path }: CelRule): object {
  // An API server allows no path into metadata, which our schema does not describe.
  if (path.length === 0 || path[0] === 'metadata') return { rule: cel, message };
  return { rule: cel, message, fieldPath: path.map((name) => `.${name}`).join('') };
}

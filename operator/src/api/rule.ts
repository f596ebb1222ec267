import type { z } from 'zod';

/** A rule over several fields: CEL for the API server, a predicate for zod. */
export interface Rule<Value> {
  readonly cel: string;
  /** A sentence that names the fields. */
  readonly message: string;
  /** Where the error is shown, below the object that has the rule. */
  readonly path: readonly string[];
  readonly holds: (value: Value) => boolean;
}

/**
 * zod's own refinements vanish from the generated schema without a word, so
 * each rule is said once here and reaches both.
 */
export function withRules<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  rules: readonly Rule<z.output<Schema>>[],
): Schema {
  let ruled: Schema = schema;
  for (const { holds, message, path } of rules) {
    ruled = ruled.refine(holds, { message, path: [...path] });
  }
  const validations = rules.map(({ cel, message }) => ({ rule: cel, message }));
  return ruled.meta({ description, 'x-kubernetes-validations': validations });
}

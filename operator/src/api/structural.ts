import { z } from 'zod';

/** A node of the schema that an API server takes. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode;
  readonly items?: SchemaNode;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly [keyword: string]: unknown;
}

type Json = Readonly<Record<string, unknown>>;

/** Marks a union of an integer and a string, the one union that is structural. */
export const INT_OR_STRING = 'x-kubernetes-int-or-string';

/**
 * What may appear. The API server refuses many other keywords and silently
 * forgets some, so whatever zod starts to emit stops the generator instead.
 */
const ALLOWED = new Set([
  ...['type', 'description', 'default', 'enum', 'properties', 'required', 'items', 'format'],
  ...['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern'],
  ...['additionalProperties', 'maxProperties', INT_OR_STRING],
  ...['x-kubernetes-validations', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys'],
]);
const LOOK_AROUND = /\(\?[=!<]/;
/** kubectl reads YAML 1.1, where even these words are booleans unless quoted. */
const YAML_BOOLEAN = /^(y|n|yes|no|on|off)$/i;
/** The cost of CEL rules below is reckoned with these. */
const BOUND_OF = { items: 'maxItems', additionalProperties: 'maxProperties' } as const;

/** Structural schema of a zod schema; throws on what an API server refuses. */
export function structuralSchema(schema: z.ZodType): SchemaNode {
  const json = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });
  return checked(json, '');
}

function checked(json: Json, path: string): SchemaNode {
  const node = json[INT_OR_STRING] === true ? joined(json, path) : json;
  const kept: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (isImpliedBound(keyword, value)) continue;
    if (!ALLOWED.has(keyword)) throw new Error(`${path}: ${keyword} is not allowed in a CRD`);
    kept[keyword] = checkedValue(keyword, value, path);
  }
  if (kept['type'] === undefined && node === json) throw new Error(`${path}: a type is missing`);
  for (const [keyword, bound] of Object.entries(BOUND_OF)) {
    if (keyword in kept && !(bound in kept)) throw new Error(`${path}: a CRD wants ${bound}`);
  }
  return withWholeDefault(kept);
}

/**
 * An API server holds the default of an object against the object's rules before
 * it fills in those of the members.
 */
function withWholeDefault(node: SchemaNode): SchemaNode {
  if (node.properties === undefined || node.default === undefined) return node;
  const ofMembers = Object.entries(node.properties).flatMap(([name, child]) =>
    child.default === undefined ? [] : [[name, child.default]],
  );
  return { ...node, default: { ...Object.fromEntries(ofMembers), ...(node.default as object) } };
}

function checkedValue(keyword: string, value: unknown, path: string): unknown {
  if (keyword === 'items') return checked(value as Json, `${path}[]`);
  if (keyword === 'additionalProperties') return checked(value as Json, `${path}.*`);
  if (keyword === 'enum' && (value as string[]).some((word) => YAML_BOOLEAN.test(word))) {
    throw new Error(`${path}: a word of a CRD's enum is a boolean in YAML`);
  }
  if (keyword === 'pattern' && LOOK_AROUND.test(value as string)) {
    throw new Error(`${path}: look-around patterns are not allowed in a CRD`);
  }
  if (keyword !== 'properties') return value;
  const properties = Object.entries(value as Record<string, Json>);
  return Object.fromEntries(
    properties.map(([name, child]) => [name, checked(child, `${path}.${name}`)]),
  );
}

/** Bounds of numbers and of strings can stand side by side: each ignores the other's. */
function joined({ anyOf, ...rest }: Json, path: string): Json {
  const branches = (anyOf ?? []) as readonly Json[];
  const types = branches.map(({ type }) => String(type)).join();
  if (types !== 'integer,string') throw new Error(`${path}: not a CRD's integer or string`);
  const bounds = branches
    .flatMap(Object.entries<unknown>)
    .filter(([keyword]) => keyword !== 'type');
  return { ...Object.fromEntries(bounds), ...rest };
}

/** zod states the range of safe integers; it says nothing. */
function isImpliedBound(keyword: string, value: unknown): boolean {
  return (
    (keyword === 'maximum' && value === Number.MAX_SAFE_INTEGER) ||
    (keyword === 'minimum' && value === Number.MIN_SAFE_INTEGER)
  );
}

import { z } from 'zod';
import { withRules, type Rule } from '../rule.ts';

export const MAX_WORKERS = 1000;
export const SECONDS_OF_A_DAY = 86_400;

const DNS_LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const DNS_SUBDOMAIN = `${DNS_LABEL}([.]${DNS_LABEL})*`;
const KEY_PATTERN = `^(${DNS_SUBDOMAIN}/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$`;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const KEY = new RegExp(KEY_PATTERN);
const MAX_KEY_CHARACTERS = 317;

export function count(minimum: number, maximum: number): z.ZodInt {
  return z.int().min(minimum).max(maximum);
}

/** Name of another object. */
export function objectName(description: string): z.ZodString {
  return z
    .string()
    .regex(new RegExp(`^${DNS_SUBDOMAIN}$`))
    .max(253)
    .meta({ description });
}

/** Key of a label, an annotation, a taint: `PREFIX/NAME` or `NAME`. */
export function key(description: string): z.ZodString {
  return z.string().regex(KEY).max(MAX_KEY_CHARACTERS).meta({ description });
}

export function labelValue(description: string): z.ZodString {
  return z.string().regex(LABEL_VALUE).max(63).meta({ description });
}

type TextMap = z.ZodRecord<z.ZodString, z.ZodString>;

export interface TextMapOptions {
  /** The field, as messages name it. */
  readonly field: string;
  readonly description: string;
  readonly values: z.ZodString;
  readonly maxItems: number;
  /** Keys, and prefixes of keys that end in a slash, which are not the user's. */
  readonly reserved: readonly string[];
}

/** Labels, annotations, selectors. */
export function textMap(options: TextMapOptions): TextMap {
  const { field, description, values, maxItems, reserved } = options;
  const rules: Rule<Record<string, string>>[] = [
    {
      cel: `self.all(key, key.size() <= ${MAX_KEY_CHARACTERS} && key.matches('${KEY_PATTERN}'))`,
      message: `${field} must have keys of the form NAME or DNS.PREFIX/NAME`,
      path: [],
      holds: (map) => Object.keys(map).every(isKey),
    },
  ];
  if (reserved.length > 0) rules.push(reservedRule(field, reserved));
  const map = z.record(z.string(), values).refine((entries) => {
    return Object.keys(entries).length <= maxItems;
  }, `must have at most ${maxItems} items`);
  return withRules(map, description, rules).meta({ maxProperties: maxItems });
}

function isKey(text: string): boolean {
  return text.length <= MAX_KEY_CHARACTERS && KEY.test(text);
}

function reservedRule(field: string, reserved: readonly string[]): Rule<Record<string, string>> {
  const isReserved = (text: string): boolean =>
    reserved.some((one) => (one.endsWith('/') ? text.startsWith(one) : text === one));
  const terms = reserved.map((one) =>
    one.endsWith('/') ? `key.startsWith('${one}')` : `key == '${one}'`,
  );
  return {
    cel: `!self.exists(key, ${terms.join(' || ')})`,
    message: `${field} must not have keys that the operator sets: ${reserved.join(', ')}`,
    path: [],
    holds: (map) => !Object.keys(map).some(isReserved),
  };
}

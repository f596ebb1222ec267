import { streamClusterSchema, type StreamCluster } from './stream-cluster.ts';
import { KNOWN_FIELDS } from './unknown-fields.ts';
import { withoutNulls } from './without-nulls.ts';

/** Something that is wrong, and where. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What a value is as a StreamCluster, and what is wrong with it. */
export interface Validated {
  /** With every default; undefined when there are faults. */
  readonly resource: StreamCluster | undefined;
  readonly faults: readonly Fault[];
}

/** As an API server judges it, but for fields that it does not know. */
export function validate(value: unknown): Validated {
  const parsed = streamClusterSchema.safeParse(withoutNulls(value, KNOWN_FIELDS));
  return { resource: parsed.data, faults: parsed.error?.issues ?? [] };
}

/** As an API server writes it: `spec.worker.tolerations[0].key`. */
export function fieldName(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  return path.length === 0 ? 'the document' : parts.join('').replace(/^\./, '');
}

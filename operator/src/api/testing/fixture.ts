/** A resource and what is wrong with it. */
export interface Fixture {
  readonly name: string;
  readonly spec: unknown;
  readonly metadata?: { readonly name: string; readonly namespace?: string };
  /** Undefined: accepted. */
  readonly refused?: Refusal;
}

export interface Refusal {
  /** As an API server writes it. */
  readonly field: string;
  /** Words of our refusal. */
  readonly because: string;
  /** The words are of a rule, so that an API server says the same. */
  readonly isRule: boolean;
}

/** A resource that exists, and what it shall become. */
export interface Change {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly refused?: Refusal;
}

export function accepted(name: string, spec: unknown): Fixture {
  return { name, spec };
}

/** Refused for what one field is; an API server has words of its own for that. */
export function refused(name: string, spec: unknown, field: string, because: string): Fixture {
  return { name, spec, refused: { field, because, isRule: false } };
}

/** Refused by a rule. */
export function breaks(name: string, spec: unknown, field: string, because: string): Fixture {
  return { name, spec, refused: { field, because, isRule: true } };
}

export function resourceOf({
  spec,
  metadata = { name: 'live' },
}: Pick<Fixture, 'spec' | 'metadata'>): Record<string, unknown> {
  return { apiVersion: 'streamcluster.dev/v1alpha1', kind: 'StreamCluster', metadata, spec };
}

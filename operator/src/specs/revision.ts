import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { specSchema, type StreamClusterSpec } from '../api/spec.ts';
import { redirects } from './redirect.ts';

const HASH_CHARACTERS = 10;
const DEFAULTS = specSchema.parse({ fixed: {} });

type Replacing = Pick<StreamClusterSpec, 'worker' | 'nats' | 'tls' | 'service' | 'access'>;

/**
 * Names what of a StreamCluster a running worker cannot follow, so that it has
 * to be replaced. Only what the user wrote counts: neither the operator's
 * version nor its default image nor a default that a newer schema brings, so an
 * upgrade of the operator replaces nobody. Seconds of a drain and nodes to
 * avoid concern only workers to come.
 */
export function revisionOf({ worker, nats, tls, service, access }: Replacing): string {
  const parts: object[] = [unlike(worker, DEFAULTS.worker), unlike(nats, DEFAULTS.nats)];
  // Mounts and ports; what is in the Secrets reaches running workers.
  const { secretNames = [] } = tls;
  if (secretNames.length > 0) parts.push({ secretNames });
  if (redirects(service))
    parts.push({ redirect: unlike(service.redirect, DEFAULTS.service.redirect) });
  if (access.secretName !== undefined) parts.push({ accessSecretName: access.secretName });
  const text = JSON.stringify(parts, sortedKeys);
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARACTERS);
}

/** The fields that are not as by default. */
function unlike<Fields extends object>(given: Fields, defaults: Fields): Partial<Fields> {
  const entries = Object.entries(given) as [keyof Fields, unknown][];
  const kept = entries.filter(([name, value]) => !isDeepStrictEqual(value, defaults[name]));
  return Object.fromEntries(kept) as Partial<Fields>;
}

/** The order in which somebody wrote the keys says nothing. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

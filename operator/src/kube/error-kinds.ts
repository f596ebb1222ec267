import { KubeError } from './api-error.ts';

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.code === 404;
}

/** Somebody was faster: read it again. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.code === 409 && error.reason !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof KubeError && error.code === 409 && error.reason === 'AlreadyExists';
}

/** The version, or the page, is too old: list again. */
export function isGone(error: unknown): boolean {
  return error instanceof KubeError && error.code === 410;
}

/** A right is missing; a quota, or a namespace that ends, is something else. */
export function isForbidden(error: unknown): boolean {
  if (!(error instanceof KubeError) || error.code !== 403) return false;
  return !isQuota(error) && !isNamespaceTerminating(error);
}

/** The credentials are not believed, or no longer. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof KubeError && error.code === 401;
}

export function isQuota(error: unknown): boolean {
  return error instanceof KubeError && error.code === 403 && /exceeded quota/.test(error.message);
}

/** Nothing can be made there any more. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof KubeError) || error.code !== 403) return false;
  return error.causes.some(({ reason }) => reason === 'NamespaceTerminating');
}

/** The object breaks the schema, or a rule of it. */
export function isInvalid(error: unknown): boolean {
  if (!(error instanceof KubeError) || unknownFields(error).length > 0) return false;
  return error.code === 422 || error.code === 400;
}

/** There is no answer, so nobody knows whether it was done. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof KubeError && error.code === 0;
}

const PASSING_CODES = [401, 408, 429];

/** The same request may succeed later, with nothing done about it but waiting. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  if (unknownFields(error).length > 0 || error.reason === 'Malformed') return false;
  return isUnanswered(error) || error.code >= 500 || PASSING_CODES.includes(error.code);
}

const STRICT_FIELD = /unknown field "([^"]+)"/g;
const APPLY_FIELD = /([^\s:]+): field not declared in schema/g;

/**
 * Fields that the server's CRD lacks, because it is older than this operator:
 * from strict validation (400, of patches 422) and from server-side apply (500, for ever).
 */
export function unknownFields(error: unknown): string[] {
  if (!(error instanceof KubeError)) return [];
  const pattern = error.code === 500 ? APPLY_FIELD : STRICT_FIELD;
  const names = [...error.message.matchAll(pattern)].map(([, name = '']) => name);
  return [...new Set(names.map((name) => name.replace(/^\./, '')))];
}

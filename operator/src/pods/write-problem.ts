import { isForbidden, isNamespaceTerminating, isQuota, KubeError } from '../kube/mod.ts';
import { OperatorError } from '../errors.ts';
import type { RuntimeProblem } from '../reconcile/runtime.ts';

/** Why something could not be written, as a condition says it. */
export function writeProblem(what: string, error: unknown): RuntimeProblem {
  const message = `${what}: ${error instanceof Error ? error.message : String(error)}`;
  return { reason: reasonOf(error), message };
}

function reasonOf(error: unknown): string {
  if (isQuota(error)) return 'QuotaExceeded';
  if (isNamespaceTerminating(error)) return 'NamespaceTerminating';
  if (isForbidden(error)) return 'Forbidden';
  if (error instanceof OperatorError) return 'CredentialsInvalid';
  if (error instanceof KubeError && error.code > 0 && error.code < 500) return 'Refused';
  return 'ApiServerUnavailable';
}

import { OperatorError } from '../errors.ts';
import { CHANGE_RULES, type StreamClusterSpec } from './spec.ts';

/**
 * Throws RESOURCE_INVALID when a StreamCluster that exists may not change so.
 * The API server has the same rules; this is for where there is none.
 */
export function checkChange(before: StreamClusterSpec, next: StreamClusterSpec): void {
  const broken = CHANGE_RULES.filter(({ holds }) => !holds(next, before));
  if (broken.length === 0) return;
  const shown = broken.map(({ path, message }) => `spec.${path.join('.')}: ${message}`);
  throw new OperatorError('RESOURCE_INVALID', shown.join('; '));
}

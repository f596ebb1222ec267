import { OperatorError } from '../errors.ts';
import { statusSchema } from './status.ts';
import type { StreamCluster } from './stream-cluster.ts';
import { fieldName, validate } from './validate.ts';

/**
 * A StreamCluster out of an object that an API server gave. Fields that a newer CRD
 * has are left out, and so is a status of another version, which is only a
 * report. The server has validated the rest: what is not valid here comes
 * of another CRD, and throws RESOURCE_INVALID with the fields.
 */
export function fromObject(value: unknown): StreamCluster {
  const { resource, faults } = validate(withReadableStatus(value));
  if (resource !== undefined) return resource;
  const shown = faults.map(({ path, message }) => `${fieldName(path)}: ${message}`);
  throw new OperatorError('RESOURCE_INVALID', shown.join('; '));
}

function withReadableStatus(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('status' in value)) return value;
  const { status, ...rest } = value;
  return statusSchema.safeParse(status).success ? value : rest;
}

import { JetStreamApiError } from '@nats-io/jetstream';

/** Errors by which a server answers and says no. The client exports no classes of some. */
const REFUSALS = ['PermissionViolationError', 'AuthorizationError', 'JetStreamNotEnabled'];

export function natsErrorCode(error: unknown): 'NATS_REFUSED' | 'NATS_UNREACHABLE' {
  if (error instanceof JetStreamApiError) return 'NATS_REFUSED';
  if (!(error instanceof Error)) return 'NATS_UNREACHABLE';
  const names = [error.name, error.cause instanceof Error ? error.cause.name : ''];
  return names.some((name) => REFUSALS.includes(name)) ? 'NATS_REFUSED' : 'NATS_UNREACHABLE';
}

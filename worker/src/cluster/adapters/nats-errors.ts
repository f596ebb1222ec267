import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';

/**
 * What a failure of the NATS client means for us. The client's own classes are
 * not all exported and its answers are odd in places, so all of it is here.
 *
 * - conflict: another write came first (10071; 10164 without the number)
 * - bucket-missing: open says 10059, a put to a deleted bucket finds nobody
 *   listening, which the client reports as JetStreamNotEnabled
 * - refused: rights, or JetStream is off for the account
 * - unknown: no answer; a write may still be applied when the server wakes
 */
export type NatsFailure = 'conflict' | 'bucket-missing' | 'refused' | 'unknown';

const CONFLICTS: readonly number[] = [
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
];
const REFUSALS: readonly string[] = [
  'PermissionViolationError',
  'AuthorizationError',
  'UserAuthenticationExpiredError',
];

export function natsFailure(error: unknown): NatsFailure {
  if (error instanceof JetStreamApiError) return apiFailure(error.code);
  if (!(error instanceof Error)) return 'unknown';
  // update() with revision 0 throws a plain Error; we never call it.
  if (error.name === 'JetStreamNotEnabled') return 'bucket-missing';
  const names = [error.name, error.cause instanceof Error ? error.cause.name : ''];
  return names.some((name) => REFUSALS.includes(name)) ? 'refused' : 'unknown';
}

function apiFailure(code: number): NatsFailure {
  if (CONFLICTS.includes(code)) return 'conflict';
  return code === JetStreamApiCodes.StreamNotFound ? 'bucket-missing' : 'refused';
}

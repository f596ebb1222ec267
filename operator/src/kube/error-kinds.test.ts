import { describe, expect, it } from 'vitest';
import { KubeError } from './api-error.ts';
import * as kinds from './error-kinds.ts';

function status(code: number, reason: string, message: string, details?: object): KubeError {
  return KubeError.fromAnswer(
    code,
    JSON.stringify({ kind: 'Status', code, reason, message, details }),
  );
}

function kindsOf(error: unknown): string[] {
  return Object.entries(kinds)
    .filter(([name, is]) => name !== 'unknownFields' && is(error))
    .map(([name]) => name);
}

/** As an API server 1.34 words them. */
const STRICT =
  'StreamCluster in version "v1alpha1" cannot be handled as a StreamCluster: strict decoding error: unknown field "spec.hot", unknown field "spec.worker.gpu"';
const APPLY =
  'failed to create typed patch object (media/live; streamcluster.dev/v1alpha1, Kind=StreamCluster): .status.numaScore: field not declared in schema';

describe('kinds of errors', () => {
  it.each([
    [status(404, 'NotFound', 'pods "a" not found'), ['isNotFound']],
    [status(409, 'Conflict', 'the object has been modified'), ['isConflict']],
    [status(409, 'AlreadyExists', 'pods "a" already exists'), ['isAlreadyExists']],
    [status(410, 'Expired', 'too old resource version'), ['isGone']],
    [status(403, 'Forbidden', 'pods is forbidden: User "x" cannot list'), ['isForbidden']],
    [status(403, 'Forbidden', 'pods "a" is forbidden: exceeded quota: q'), ['isQuota']],
    [
      status(403, 'Forbidden', 'unable to create new content in namespace media', {
        causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }],
      }),
      ['isNamespaceTerminating'],
    ],
    [status(401, 'Unauthorized', 'Unauthorized'), ['isRetryable', 'isUnauthorized']],
    [status(422, 'Invalid', 'spec.fixed: Required value'), ['isInvalid']],
    [status(400, 'BadRequest', 'metadata.managedFields must be nil'), ['isInvalid']],
    [status(400, 'BadRequest', STRICT), []],
    [status(422, 'Invalid', `"" is invalid: patch: Invalid value: "{}": ${STRICT}`), []],
    [status(500, '', APPLY), []],
    [status(500, 'InternalError', 'etcdserver: leader changed'), ['isRetryable']],
    [status(429, 'TooManyRequests', 'too many'), ['isRetryable']],
    [status(504, 'Timeout', 'timeout'), ['isRetryable']],
    [KubeError.local('Unreachable', 'ECONNREFUSED'), ['isRetryable', 'isUnanswered']],
    [KubeError.local('Malformed', 'no JSON'), ['isUnanswered']],
    [new Error('of something else'), []],
  ])('%s', (error, expected) => {
    expect(kindsOf(error).sort()).toEqual([...expected].sort());
  });

  it('names the fields that an older CRD lacks', () => {
    expect(kinds.unknownFields(status(400, 'BadRequest', STRICT))).toEqual([
      'spec.hot',
      'spec.worker.gpu',
    ]);
    expect(kinds.unknownFields(status(500, '', APPLY))).toEqual(['status.numaScore']);
    expect(kinds.unknownFields(status(500, 'InternalError', 'other'))).toEqual([]);
  });
});

describe('KubeError', () => {
  it.each([
    ['<html>Bad gateway</html>', 502, 'Unknown', '<html>Bad gateway</html>'],
    ['', 503, 'ServiceUnavailable', 'HTTP 503'],
    ['[]', 404, 'NotFound', 'HTTP 404'],
    ['{"reason":5,"details":{"causes":[3]}}', 403, 'Forbidden', 'HTTP 403'],
  ])('is made of any body: %j', (body, code, reason, message) => {
    expect(KubeError.fromAnswer(code, body)).toMatchObject({ code, reason, message });
  });

  it('keeps only so much of what it was told, its end above all', () => {
    const error = status(422, 'Invalid', `${'x'.repeat(100_000)}: unknown field "spec.hot"`);
    expect(error.message.length).toBeLessThan(3_000);
    expect(kinds.unknownFields(error)).toEqual(['spec.hot']);
  });
});

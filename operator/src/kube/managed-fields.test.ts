import { describe, expect, it } from 'vitest';
import { asApplied } from './managed-fields.ts';

const CREATED = {
  manager: 'us',
  operation: 'Update',
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': { 'f:ports': { 'k:{"port":1}': { '.': {} } }, 'f:type': {} } },
};
const APPLIED = {
  ...CREATED,
  operation: 'Apply',
  fieldsV1: { 'f:spec': { 'f:ports': { 'k:{"port":2}': { '.': {} } } } },
};
const THEIRS = { ...CREATED, manager: 'them' };
const STATUS = { ...CREATED, subresource: 'status' };

function object(...managedFields: object[]): object {
  return { metadata: { resourceVersion: '7', managedFields } };
}

describe('asApplied', () => {
  it('turns what was created into what is applied, and leaves others alone', () => {
    expect(asApplied(object(THEIRS, CREATED, STATUS), 'us')).toEqual([
      {
        op: 'replace',
        path: '/metadata/managedFields',
        value: [THEIRS, STATUS, { ...CREATED, operation: 'Apply' }],
      },
      { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
    ]);
  });

  it('makes one of both', () => {
    const [patch] = asApplied(object(APPLIED, CREATED), 'us') ?? [];
    const ports = { 'k:{"port":1}': { '.': {} }, 'k:{"port":2}': { '.': {} } };
    const fieldsV1 = { 'f:spec': { 'f:ports': ports, 'f:type': {} } };
    expect(patch?.['value']).toEqual([{ ...CREATED, operation: 'Apply', fieldsV1 }]);
  });

  it.each([
    ['all is applied', object(APPLIED, THEIRS, STATUS)],
    ['nobody manages anything', object()],
    ['there is no such list', { metadata: { resourceVersion: '7' } }],
    ['it is no object', 'text'],
  ])('has nothing to do where %s', (_what, given) => {
    expect(asApplied(given, 'us')).toBeUndefined();
  });
});

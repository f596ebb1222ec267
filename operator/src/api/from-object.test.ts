import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../errors.ts';
import { fromObject } from './from-object.ts';
import { resourceOf } from './testing/fixture.ts';
import { FIXTURES } from './testing/fixtures.ts';

/** As an API server gives it. */
function fromServer(spec: unknown, more: object = {}): object {
  const metadata = {
    name: 'live',
    namespace: '9-media',
    uid: '5c1f',
    generation: 4,
    resourceVersion: '77',
    creationTimestamp: '2026-11-25T01:35:39Z',
    managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': {} } }],
  };
  return { ...resourceOf({ spec }), metadata, ...more };
}

describe('fromObject', () => {
  it('takes anything, or refuses it with a code', () => {
    const spec = fc.record(
      { fixed: fc.anything(), autoscaling: fc.anything(), worker: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          spec.map((some) => fromServer(some)),
        ),
        (value) => {
          try {
            expect(fromObject(value).kind).toBe('StreamCluster');
          } catch (error) {
            expect(error).toMatchObject({ code: 'RESOURCE_INVALID' });
          }
        },
      ),
    );
  });

  it('keeps what metadata has', () => {
    const { metadata, spec } = fromObject(fromServer({ fixed: { replicas: 2 } }));
    expect(metadata).toMatchObject({
      name: 'live',
      namespace: '9-media',
      uid: '5c1f',
      generation: 4,
      resourceVersion: '77',
      creationTimestamp: '2026-11-25T01:35:39Z',
    });
    expect(spec.fixed).toEqual({ replicas: 2 });
  });

  it('leaves out fields of a newer CRD', () => {
    const { spec } = fromObject(fromServer({ fixed: {}, later: 1, worker: { later: {} } }));
    expect(spec).not.toHaveProperty('later');
    expect(spec.worker).not.toHaveProperty('later');
  });

  it('takes a status', () => {
    const status = { observedGeneration: 3, phase: 'Ready', conditions: [] };
    expect(fromObject(fromServer({ fixed: {} }, { status })).status).toEqual(status);
  });

  it.each([
    ['a phase of another version', { phase: 'Sleeping' }],
    ['null', null],
    ['a list', []],
  ])('takes %s as status for none', (_what, status) => {
    expect(fromObject(fromServer({ fixed: {} }, { status })).status).toBeUndefined();
  });

  it.each(FIXTURES.filter(({ refused }) => refused !== undefined && !isUnknown(refused.because)))(
    'refuses $name by the field',
    (fixture) => {
      const call = (): unknown => fromObject(resourceOf(fixture));
      expect(call).toThrow(OperatorError);
      expect(call).toThrow(`: ${fixture.refused?.field}: `);
    },
  );

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a word', 'hello'],
    ['a list', []],
  ])('refuses %s', (_what, value) => {
    expect(() => fromObject(value)).toThrow(/RESOURCE|not valid/);
  });
});

function isUnknown(because: string): boolean {
  return because === 'unknown field';
}

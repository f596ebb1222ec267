import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KubeError } from './api-error.ts';
import { eventLine, fakePod } from './testing/fake-api-server.ts';
import { parseWatchEvent } from './watch-event.ts';

describe('parseWatchEvent', () => {
  it('reads objects, without managedFields', () => {
    const pod = fakePod('a', '7');
    const object = { ...pod, metadata: { ...pod.metadata, managedFields: [{ manager: 'x' }] } };
    expect(parseWatchEvent(eventLine('MODIFIED', object))).toEqual({
      type: 'MODIFIED',
      object: pod,
    });
  });

  it('reads bookmarks', () => {
    const object = { kind: 'Pod', metadata: { resourceVersion: '12' } };
    const event = parseWatchEvent(eventLine('BOOKMARK', object));
    expect(event).toEqual({ type: 'BOOKMARK', resourceVersion: '12' });
  });

  it('reads errors, also such as say nothing', () => {
    const status = { code: 410, reason: 'Expired', message: 'too old resource version' };
    const event = parseWatchEvent(eventLine('ERROR', status));
    expect(event).toMatchObject({ type: 'ERROR', error: { code: 410, reason: 'Expired' } });
    const empty = parseWatchEvent('{"type":"ERROR"}');
    expect(empty).toMatchObject({ type: 'ERROR', error: { code: 500 } });
  });

  it.each([
    '',
    'null',
    '[]',
    '{"type":"ADDED"',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":{}}',
    '{"type":"ADDED","object":{"metadata":{"name":"a","uid":5,"resourceVersion":"1"}}}',
    '{"type":"BOOKMARK","object":{"metadata":{}}}',
    '{"type":"SOMETHING","object":{}}',
  ])('takes %j for no event', (line) => {
    expect(parseWatchEvent(line)).toBeUndefined();
  });

  it('never throws', () => {
    const kinds = fc.constantFrom('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR', 5);
    const values = fc.record({ type: kinds, object: fc.jsonValue() });
    const lines = fc.oneof(
      fc.string(),
      values.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(lines, (line) => {
        const event = parseWatchEvent(line);
        if (event?.type === 'ERROR') expect(event.error).toBeInstanceOf(KubeError);
      }),
    );
  });
});

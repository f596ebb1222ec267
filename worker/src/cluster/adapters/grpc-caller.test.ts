import { describe, expect, it } from 'vitest';
import { dnsNames, mayCall, workersName } from './grpc-caller.ts';

const OWN = { namespace: 'media', cluster: 'live' };
const OPERATOR = 'operator.streamcluster.internal';
const WORKERS = 'workers.live.media.streamcluster.internal';

describe('mayCall', () => {
  it.each<[string, string[], boolean]>([
    ['drain', [OPERATOR], true],
    ['release', [OPERATOR], true],
    ['release', ['live-0-1.live.media.streamcluster.internal', WORKERS], true],
    ['assign', [WORKERS], true],
    ['serve', [OPERATOR], true],
    ['serve', [WORKERS], true],
    ['prepare', [WORKERS], true],
    ['prepare', ['workers.live.other.streamcluster.internal'], false],
    ['drain', [WORKERS], false],
    ['configure', [WORKERS], false],
    ['listStreams', [WORKERS], false],
    ['undrain', [WORKERS], false],
    ['release', ['workers.live.other.streamcluster.internal'], false],
    ['release', ['workers.other.media.streamcluster.internal'], false],
    ['release', ['live-0-1.live.media.streamcluster.internal'], false],
    ['release', [], false],
    ['drain', ['operator.streamcluster.internal.example.com'], false],
  ])('%s by %j: %s', (method, names, may) => {
    expect(mayCall(method, names, OWN)).toBe(may);
  });

  it('takes the names of docs/kubernetes.md', () => {
    expect(workersName(OWN)).toBe(WORKERS);
  });
});

describe('dnsNames', () => {
  it.each([
    ['', []],
    [`DNS:a.test, DNS:${OPERATOR}`, ['a.test', OPERATOR]],
    ['IP Address:127.0.0.1, URI:DNS:a, DNS:b', ['b']],
    // As Node writes one name that holds a comma.
    [`DNS:"a.test, DNS:${OPERATOR}"`, ['"a.test', `${OPERATOR}"`]],
  ])('reads %j', (text, names) => {
    expect(dnsNames(text)).toEqual(names);
  });
});

import { describe, expect, it } from 'vitest';
import { pathOf } from './paths.ts';
import { resources } from './resources.ts';

const { pods, nodes, streamClusters } = resources;

describe('pathOf', () => {
  it.each([
    [pathOf(pods, {}), '/api/v1/pods'],
    [pathOf(pods, { namespace: '' }), '/api/v1/pods'],
    [pathOf(pods, { namespace: 'media', name: 'a' }), '/api/v1/namespaces/media/pods/a'],
    [pathOf(nodes, { namespace: '', name: 'n' }), '/api/v1/nodes/n'],
    [
      pathOf(streamClusters, { namespace: 'media', name: 'live', subresource: 'status' }),
      '/apis/streamcluster.dev/v1alpha1/namespaces/media/streamclusters/live/status',
    ],
  ])('gives %s', (path, expected) => {
    expect(path).toBe(expected);
  });

  it('escapes, and leaves out what is not given', () => {
    const query = { labelSelector: 'a=b,c in (d)', limit: 5, continue: '', dryRun: undefined };
    expect(pathOf(pods, { namespace: 'a/b' }, query)).toBe(
      '/api/v1/namespaces/a%2Fb/pods?labelSelector=a%3Db%2Cc+in+%28d%29&limit=5',
    );
  });

  it.each(['', '.', '..'])('refuses %j as a name', (name) => {
    expect(() => pathOf(pods, { namespace: 'media', name })).toThrow('no name');
  });
});

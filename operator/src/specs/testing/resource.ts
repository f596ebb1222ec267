import { fromObject } from '../../api/from-object.ts';
import type { StreamCluster } from '../../api/stream-cluster.ts';

/** A StreamCluster as an API server would give it. */
export function testResource(spec: object = { fixed: {} }): StreamCluster {
  return fromObject({
    apiVersion: 'streamcluster.dev/v1alpha1',
    kind: 'StreamCluster',
    metadata: { name: 'live', namespace: 'media', uid: 'uid-1', generation: 3 },
    spec,
  });
}

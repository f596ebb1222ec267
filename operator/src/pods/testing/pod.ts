import type { Pod, Stored } from '../../kube/mod.ts';

/** A pod of slot 1 as the API server gives it. */
export function storedPod(
  status: object = {},
  metadata: object = {},
  spec: object = { nodeName: 'node-1' },
): Stored<Pod> {
  return {
    metadata: {
      name: 'live-1-1',
      namespace: 'media',
      uid: 'pod-uid',
      resourceVersion: '1',
      labels: {
        'streamcluster.dev/slot': '1',
        'streamcluster.dev/revision': 'abc',
        'streamcluster.dev/accepting': 'true',
      },
      ...metadata,
    },
    spec: { containers: [], ...spec },
    status,
  };
}

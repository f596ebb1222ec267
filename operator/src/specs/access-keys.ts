import type { StreamCluster } from '../api/stream-cluster.ts';
import type { Pod } from '../kube/resources.ts';

type PodSpec = NonNullable<Pod['spec']>;

export const ACCESS_DIR = '/etc/streamcluster/access';
const VOLUME = 'access';

interface Mounted {
  readonly volume: NonNullable<PodSpec['volumes']>[number];
  readonly volumeMount: NonNullable<PodSpec['containers'][number]['volumeMounts']>[number];
}

/** The Secret with the keys that rules of access name. */
function accessSecretName({ metadata, spec }: StreamCluster): string {
  return spec.access.secretName ?? `${metadata.name}-access`;
}

/** Pure: mounted whether it is there or not, so that the first keys need no new pods. */
export function accessKeys(resource: StreamCluster): Mounted {
  const secretName = accessSecretName(resource);
  return {
    volume: { name: VOLUME, secret: { secretName, optional: true, defaultMode: 0o444 } },
    volumeMount: { name: VOLUME, mountPath: ACCESS_DIR, readOnly: true },
  };
}

/** A worker that starts with rules lets nobody in before it was told them. */
export function hasAccessRules({ spec }: Pick<StreamCluster, 'spec'>): boolean {
  return (spec.access.rules ?? []).length > 0;
}

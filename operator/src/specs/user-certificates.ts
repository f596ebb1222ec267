import type { StreamCluster } from '../api/stream-cluster.ts';
import type { Pod } from '../kube/resources.ts';

type PodSpec = NonNullable<Pod['spec']>;

const TLS_DIR = '/etc/streamcluster/tls';
/** What a Secret of type kubernetes.io/tls has; others of its keys stay out of the pod. */
const FILES = ['tls.crt', 'tls.key'];

interface Mounted {
  readonly volumes: NonNullable<PodSpec['volumes']>;
  readonly volumeMounts: NonNullable<PodSpec['containers'][number]['volumeMounts']>;
  /** In the order in which the StreamCluster names them. */
  readonly folders: readonly string[];
}

/** Pure: certificates for users as a worker's pod has them. The kubelet brings
 * renewed ones, so that the pod stays as it is. */
export function userCertificates({ spec }: StreamCluster): Mounted {
  const secretNames = spec.tls.secretNames ?? [];
  const items = FILES.map((key) => ({ key, path: key }));
  const folders = secretNames.map((name) => `${TLS_DIR}/${name}`);
  return {
    folders,
    volumes: secretNames.map((secretName, i) => ({
      name: volumeName(i),
      secret: { secretName, items, defaultMode: 0o444 },
    })),
    volumeMounts: folders.map((mountPath, i) => ({
      name: volumeName(i),
      mountPath,
      readOnly: true,
    })),
  };
}

/** Names of Secrets may be longer than those of volumes. */
function volumeName(place: number): string {
  return `tls-${place}`;
}

import type { StreamCluster } from '../api/stream-cluster.ts';
import { nodeFlags } from '../api/node-flags.ts';
import type { Pod } from '../kube/resources.ts';
import { accessKeys } from './access-keys.ts';
import {
  ACCEPTING_LABEL,
  BUSY_LABEL,
  COMPONENT,
  ownedMeta,
  podName,
  REVISION_LABEL,
  SLOT_LABEL,
  WORKER_COMPONENT,
  WORKER_LABEL,
  workersName,
} from './names.ts';
import { evictionAnnotations } from './marks.ts';
import { ADMIN_PORT, GRPC_PORT } from './ports.ts';
import { portsOfSlot } from './redirect.ts';
import { revisionOf } from './revision.ts';
import { userCertificates } from './user-certificates.ts';
import { userPorts } from './user-ports.ts';
import { workerScheduling } from './worker-scheduling.ts';
import { CREDENTIALS_DIR, workerEnv, type WorkerSurroundings } from './worker-env.ts';

type PodSpec = NonNullable<Pod['spec']>;
type Container = PodSpec['containers'][number];

export interface WorkerPodRequest {
  readonly resource: StreamCluster;
  readonly slot: number;
  readonly incarnation: number;
  /** For StreamClusters that name none. */
  readonly defaultImage: string;
  readonly surroundings: WorkerSurroundings;
  /** Nodes that refused a worker lately. */
  readonly avoidNodes: readonly string[];
}

const USER = 10_001;
/** A worker whose deadline has passed says goodbye before it is killed. */
const GOODBYE_SECONDS = 10;

/** Pure: the pod of a worker. */
export function workerPod(request: WorkerPodRequest): Pod {
  const { resource, slot, incarnation, avoidNodes } = request;
  const { worker, drain } = resource.spec;
  const name = podName(resource, slot, incarnation);
  const metadata = ownedMeta(resource, name);
  return {
    metadata: {
      ...metadata,
      labels: { ...worker.labels, ...metadata.labels, ...ownLabels(request, name) },
      annotations: { ...worker.annotations, ...evictionAnnotations(false) },
    },
    spec: {
      restartPolicy: 'OnFailure',
      serviceAccountName: workersName(resource),
      automountServiceAccountToken: false,
      // Else a Service called `nats` would set NATS_PORT=tcp://… in every worker.
      enableServiceLinks: false,
      terminationGracePeriodSeconds: drain.deadlineSeconds + GOODBYE_SECONDS,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...workerScheduling(resource, avoidNodes),
      containers: [container(request)],
      // Not an emptyDir, which makes `kubectl drain` refuse.
      volumes: [
        { name: 'credentials', secret: { secretName: name, defaultMode: 0o444 } },
        accessKeys(resource).volume,
        ...userCertificates(resource).volumes,
      ],
    },
  };

  function ownLabels(of: WorkerPodRequest, worker: string): Record<string, string> {
    return {
      [COMPONENT]: WORKER_COMPONENT,
      [WORKER_LABEL]: worker,
      [SLOT_LABEL]: String(of.slot),
      [REVISION_LABEL]: revisionOf(of.resource.spec),
      [ACCEPTING_LABEL]: 'true',
      [BUSY_LABEL]: 'false',
    };
  }
}

function container({ resource, slot, defaultImage, surroundings }: WorkerPodRequest): Container {
  const { image = defaultImage, imagePullPolicy } = resource.spec.worker;
  return {
    name: 'worker',
    image,
    imagePullPolicy,
    command: ['node', ...nodeFlags(resource.spec.worker), 'worker/src/main.ts'],
    env: workerEnv(resource, slot, surroundings),
    ports: [
      ...userPorts(resource).map(({ name, port }) => ({
        ...{ name, containerPort: port, ...hostPort(resource, slot, name) },
      })),
      { name: 'admin', containerPort: ADMIN_PORT },
      { name: 'grpc', containerPort: GRPC_PORT },
    ],
    resources: resourcesOf(resource),
    ...probes(),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'credentials', mountPath: CREDENTIALS_DIR, readOnly: true },
      accessKeys(resource).volumeMount,
      ...userCertificates(resource).volumeMounts,
    ],
  };
}

function hostPort({ spec }: StreamCluster, slot: number, name: string): { hostPort?: number } {
  if (spec.service.redirect.mode !== 'HostPorts') return {};
  const { http, https } = portsOfSlot(spec, slot);
  const port = name === 'http' ? http : name === 'https' ? https : undefined;
  return port === undefined ? {} : { hostPort: port };
}

/** Requests that equal limits in whole CPUs make a Guaranteed pod, which a
 * kubelet with the static CPU manager gives CPUs of its own. */
function resourcesOf({ spec }: StreamCluster): NonNullable<Container['resources']> {
  const { cpus, memory, pinning } = spec.worker;
  const wanted = { cpu: String(cpus), memory };
  if (pinning === 'Exclusive') return { requests: wanted, limits: wanted };
  // A limit of CPU would stop the loop in the middle of a tick.
  return { requests: wanted, limits: { memory } };
}

/**
 * None of them depends on NATS or the operator, once the worker has started. Who
 * hangs hears no SIGTERM: the grace of a drain would keep it, and hold its viewers.
 */
function probes(): Pick<Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'> {
  const get = (path: string): { path: string; port: string } => ({ path, port: 'admin' });
  const grace = { terminationGracePeriodSeconds: GOODBYE_SECONDS };
  return {
    startupProbe: { httpGet: get('/healthz'), periodSeconds: 1, failureThreshold: 60, ...grace },
    livenessProbe: {
      ...{ httpGet: get('/healthz'), periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 3 },
      ...grace,
    },
    readinessProbe: {
      ...{ httpGet: get('/readyz'), periodSeconds: 2, failureThreshold: 2, timeoutSeconds: 3 },
    },
  };
}

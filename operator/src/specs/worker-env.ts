import type { StreamCluster } from '../api/stream-cluster.ts';
import { memoryMib } from '../api/quantity.ts';
import { ACCESS_DIR, hasAccessRules } from './access-keys.ts';
import { bucketName } from './names.ts';
import { ADMIN_PORT, GRPC_PORT, HTTP_PORT, HTTPS_PORT, RTMP_PORT, RTMPS_PORT } from './ports.ts';
import { publicHost, publicPorts } from './redirect.ts';
import { userCertificates } from './user-certificates.ts';

/** What workers are told of the installation that they belong to. */
export interface WorkerSurroundings {
  /** Used where the StreamCluster names none. */
  readonly natsUrl: string;
  /** `host:port` of OperatorService. */
  readonly operatorAddress: string;
  /** Where spans of sessions go; undefined: nowhere. */
  readonly otlpEndpoint?: string | undefined;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

export const CREDENTIALS_DIR = '/etc/streamcluster/credentials';

/** A small pool: its threads share the worker's CPU with its loop. */
const THREAD_POOL_SIZE = 2;
/** Node itself, and what sockets hold on to. */
const ARENA_SHARE = 0.6;
const MIN_ARENA_MIB = 64;

/** docs/kubernetes.md: how a worker's pod is started. */
export function workerEnv(
  resource: StreamCluster,
  slot: number,
  surroundings: WorkerSurroundings,
): EnvVar[] {
  const { metadata, spec } = resource;
  const arenaMib = Math.max(MIN_ARENA_MIB, Math.floor(memoryMib(spec.worker.memory) * ARENA_SHARE));
  const values: Record<string, string | number> = {
    SC_NAMESPACE: metadata.namespace,
    SC_CLUSTER: metadata.name,
    SC_NATS: spec.nats.url ?? surroundings.natsUrl,
    SC_OPERATOR: surroundings.operatorAddress,
    SC_BUCKET: bucketName(metadata.uid ?? ''),
    SC_LISTEN: '0.0.0.0,::',
    SC_RTMP_PORT: RTMP_PORT,
    SC_HTTP_PORT: HTTP_PORT,
    ...tlsOf(resource),
    ...(surroundings.otlpEndpoint !== undefined && { SC_OTLP_ENDPOINT: surroundings.otlpEndpoint }),
    SC_ADMIN_PORT: ADMIN_PORT,
    SC_GRPC_PORT: GRPC_PORT,
    SC_CREDENTIALS_DIR: CREDENTIALS_DIR,
    SC_ACCESS_DIR: ACCESS_DIR,
    SC_ACCESS: hasAccessRules(resource) ? 'closed' : 'open',
    SC_PIN: spec.worker.pinning === 'Exclusive' ? 'auto' : 'off',
    SC_ARENA_MIB: arenaMib,
    SC_DRAIN_DEADLINE_SECONDS: spec.drain.deadlineSeconds,
    SC_DRAIN_PUBLISHER_GRACE_SECONDS: spec.drain.publisherGraceSeconds,
    SC_DRAIN_LINGER_SECONDS: spec.drain.lingerSeconds,
    UV_THREADPOOL_SIZE: THREAD_POOL_SIZE,
  };
  return [
    field('SC_ID', 'metadata.name'),
    field('SC_ADMIN_HOST', 'status.podIP'),
    field('SC_ADVERTISE', 'status.podIP'),
    ...Object.entries(values).map(([name, value]) => ({ name, value: String(value) })),
    ...publicAddresses(resource, slot),
  ];
}

/** Kubernetes puts in what only a node knows: `$(NAME)` is a variable before it. */
function publicAddresses({ spec }: StreamCluster, slot: number): EnvVar[] {
  const ports = publicPorts(spec, slot);
  if (ports === undefined) return [];
  const host = publicHost(spec.service, {
    ...{ node: '$(SC_NODE)', nodeIP: '$(SC_NODE_IP)', podIP: '$(SC_ADVERTISE)', pod: '$(SC_ID)' },
    slot: String(slot),
  });
  const { http, https } = ports;
  return [
    field('SC_NODE', 'spec.nodeName'),
    field('SC_NODE_IP', 'status.hostIP'),
    { name: 'SC_PUBLIC_HTTP', value: `${host}:${http}` },
    ...(https === undefined ? [] : [{ name: 'SC_PUBLIC_HTTPS', value: `${host}:${https}` }]),
  ];
}

/** Nothing where there is no certificate: the pod is as it was before there was TLS. */
function tlsOf(resource: StreamCluster): Record<string, string | number> {
  const { folders } = userCertificates(resource);
  if (folders.length === 0) return {};
  return {
    SC_RTMPS_PORT: RTMPS_PORT,
    SC_HTTPS_PORT: HTTPS_PORT,
    SC_TLS_DIR: folders.join(','),
  };
}

function field(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

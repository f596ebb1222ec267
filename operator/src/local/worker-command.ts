import path from 'node:path';
import { nodeFlags } from '../api/node-flags.ts';
import type { StreamCluster } from '../api/stream-cluster.ts';
import { hasAccessRules } from '../specs/access-keys.ts';
import { publicHost, redirects } from '../specs/redirect.ts';
import type { Command } from './worker-child.ts';

/** What is the same for all workers of one run. */
export interface WorkerSettings {
  /** Node that runs them. */
  readonly node: string;
  /** The checkout. */
  readonly root: string;
  readonly natsUrl: string;
  readonly bucket: string;
  /** `host:port` of OperatorService. */
  readonly operator: string;
  /** Where spans of sessions go; undefined: nowhere. */
  readonly otlpEndpoint?: string | undefined;
  readonly listen: readonly string[];
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly rtmpsPort: number;
  readonly httpsPort: number;
  /** Absolute: what would be a Secret's content lies in a folder of its name. */
  readonly tlsDir: string;
  /** Absolute: the keys that rules of access name. */
  readonly accessDir: string;
}

/** A small pool: its threads share the worker's CPU with its loop. */
const THREAD_POOL_SIZE = 2;

/** Which worker is meant. */
export interface WorkerPlace {
  readonly name: string;
  readonly slot: number;
  /** Empty: not pinned. */
  readonly cpus: readonly number[];
}

/** Pure: how a worker is started. */
export function workerCommand(
  settings: WorkerSettings,
  resource: StreamCluster,
  place: WorkerPlace,
): Command {
  const { metadata, spec } = resource;
  const { name, cpus } = place;
  const flags = {
    id: name,
    namespace: metadata.namespace,
    cluster: metadata.name,
    nats: settings.natsUrl,
    operator: settings.operator,
    bucket: settings.bucket,
    listen: settings.listen.join(','),
    'rtmp-port': settings.rtmpPort,
    'http-port': settings.httpPort,
    ...(settings.otlpEndpoint !== undefined && { 'otlp-endpoint': settings.otlpEndpoint }),
    ...tlsOf(settings, resource),
    ...redirectOf(settings, resource, place),
    'access-dir': settings.accessDir,
    access: hasAccessRules(resource) ? 'closed' : 'open',
    'admin-host': '127.0.0.1',
    'admin-port': 0,
    'grpc-port': 0,
    advertise: '127.0.0.1',
    cpus: cpus.join(','),
    'log-level': 'info',
    'drain-deadline-seconds': spec.drain.deadlineSeconds,
    'drain-publisher-grace-seconds': spec.drain.publisherGraceSeconds,
    'exit-with-parent': 'true',
  };
  return {
    file: settings.node,
    args: [
      ...nodeFlags(spec.worker),
      path.join(settings.root, 'worker/src/main.ts'),
      ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]),
    ],
    env: {
      ...withoutOurs(process.env),
      UV_THREADPOOL_SIZE: String(THREAD_POOL_SIZE),
      // A start takes half of the time: that of a worker that died counts.
      NODE_COMPILE_CACHE: path.join(settings.root, '.cache/compile'),
    },
  };
}

/** Names of Secrets are DNS names: none leads out of the folder. */
function tlsOf(settings: WorkerSettings, { spec }: StreamCluster): Record<string, string | number> {
  const { tlsDir, rtmpsPort, httpsPort } = settings;
  const folders = (spec.tls.secretNames ?? []).map((name) => path.join(tlsDir, name));
  if (folders.length === 0) return {};
  return { 'tls-dir': folders.join(','), 'rtmps-port': rtmpsPort, 'https-port': httpsPort };
}

/** Workers share their ports here, whatever the mode, so each draws further ones of its own. */
function redirectOf(
  { listen }: WorkerSettings,
  { spec }: StreamCluster,
  { name: pod, slot }: WorkerPlace,
): Record<string, string> {
  if (!redirects(spec.service)) return {};
  const [address = '127.0.0.1'] = listen;
  const ip = address.includes(':') ? `[${address}]` : address;
  const values = { node: 'localhost', nodeIP: ip, podIP: ip, pod, slot: String(slot) };
  const host = publicHost(spec.service, values);
  return { 'public-http': `${host}:0`, 'public-https': `${host}:0` };
}

/** Our own SC_* variables have names that workers read, too. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('SC_')),
  );
}

import { hostname } from 'node:os';
import { z } from 'zod';
import { option, parseCommandLine } from '../command-line.ts';
import { authFields, authOptions } from '../http/auth/flags.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const yesNo = z.enum(['true', 'false']).transform((text) => text === 'true');
/** A variable that the chart leaves empty is not given. */
const optional = z
  .string()
  .optional()
  .transform((text) => (text === '' ? undefined : text));
const list = z.string().transform((text) => text.split(',').filter((one) => one !== ''));

const schema = z.object({
  kubeconfig: optional,
  namespaces: list,
  watchNodes: yesNo,
  workerImage: z.string().min(1),
  nats: z.string().min(1),
  natsManaged: yesNo,
  natsAuthSecret: optional,
  natsCredentialsSecret: optional,
  bucketReplicas: z.coerce.number().int().min(1).max(5),
  otlpEndpoint: optional,
  operatorAddress: z.string().regex(/^.+:\d{1,5}$/, 'not HOST:PORT'),
  podName: z.string().min(1),
  podNamespace: z.string().min(1),
  podIp: z.string().min(1),
  leaseName: z.string().min(1),
  caSecret: z.string().min(1),
  apiHost: z.string().min(1),
  apiPort: port,
  grpcPort: port,
  ...authFields,
  logLevel: z.enum(['debug', 'info', 'warn', 'error']),
});

export type PodsFlags = z.output<typeof schema>;

/** Throws OPTIONS_INVALID. The chart sets all of them as variables. */
export function parsePodsFlags(args: readonly string[]): PodsFlags {
  const options = [
    option('--kubeconfig <path>', 'API server, instead of the one around this pod'),
    option('--namespaces <names>', 'namespaces that are served, by comma; empty: all', ''),
    option('--watch-nodes <true|false>', 'drain the workers of cordoned nodes', 'true'),
    option('--worker-image <image>', 'image of workers whose StreamCluster names none'),
    option('--nats <url>', 'NATS of StreamClusters that name none'),
    option('--nats-managed <true|false>', 'that NATS is ours: rights for each worker', 'false'),
    option('--nats-auth-secret <name>', 'Secret of the accounts of a NATS that is ours'),
    option('--nats-credentials-secret <name>', 'Secret with nats.creds for one that is not'),
    option('--bucket-replicas <number>', 'NATS servers that keep a directory', '1'),
    option('--otlp-endpoint <url>', 'a collector of OpenTelemetry for spans of sessions'),
    option('--operator-address <host:port>', 'where workers reach the operators'),
    option('--pod-name <name>', 'name of this operator', hostname()),
    option('--pod-namespace <name>', 'namespace of this installation', 'streamcluster-system'),
    option('--pod-ip <address>', 'where other operators reach this one', '127.0.0.1'),
    option('--lease-name <name>', 'Lease by which one operator leads', 'streamcluster-operator'),
    option('--ca-secret <name>', 'Secret of the CA', 'streamcluster-ca'),
    option('--api-host <address>', 'address of page and API', '127.0.0.1'),
    option('--api-port <port>', 'port of page and API', '8088'),
    option('--grpc-port <port>', 'port that workers call', '9092'),
    ...authOptions(),
    option('--log-level <level>', 'debug, info, warn or error', 'info'),
  ];
  return parseCommandLine(args, options, schema);
}

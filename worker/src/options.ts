import { parseArgs } from 'node:util';
import { isIP } from 'node:net';
import { z } from 'zod';
import { WorkerError } from './errors.ts';

const port = z.coerce.number().int().min(0).max(65535);
const seconds = z.coerce.number().int().min(0).max(86_400);
const tick = z.coerce.number().int().min(-1).max(1000).default(-1);
const address = z.string().refine((text) => isIP(text) !== 0, 'not a literal IP address');
const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const hostAndPort = z.string().regex(/^.+:\d{1,5}$/, 'not HOST:PORT');

/** PAIRS_MAX of the engine. */
const MAX_CERTIFICATES = 64;

/** One flag each, `--rtmp-port` for rtmpPort, or the variable SC_RTMP_PORT. */
const schema = z.strictObject({
  id: label,
  namespace: label.default('default'),
  cluster: label.default('quickstart'),
  /** Several servers by comma. */
  nats: z.string().regex(/^(nats|tls|ws|wss):\/\/\S+$/, 'not a nats:// URL'),
  /** Without it workers place streams for themselves. */
  operator: hostAndPort.optional(),
  /** Key-value bucket of the directory; by default named by namespace and cluster. */
  bucket: z
    .string()
    .regex(/^[-\w]+$/)
    .optional(),
  listen: z
    .string()
    .default('127.0.0.1')
    .transform((text) => text.split(','))
    .pipe(z.array(address).min(1)),
  rtmpPort: port.default(1935),
  httpPort: port.default(8080),
  /** RTMPS and HTTPS, opened where there is a certificate. */
  rtmpsPort: port.default(1936),
  httpsPort: port.default(8443),
  /** Folders with tls.crt and tls.key each, by comma: certificates for users,
   * chosen by the name that they ask for; the first for all other names. */
  tlsDir: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.string().startsWith('/')).min(1).max(MAX_CERTIFICATES))
    .optional(),
  /** Folder with the keys that rules of access name, one a file. */
  accessDir: z.string().startsWith('/').optional(),
  /** Closed: nobody is let in before the operator has told the rules. */
  access: z.enum(['open', 'closed']).default('open'),
  /** Where viewers reach this very worker, so that others may send them to it: an
   * address that it does not share. Port 0: on a further port, which is drawn. */
  publicHttp: hostAndPort.optional(),
  publicHttps: hostAndPort.optional(),
  adminHost: address.default('127.0.0.1'),
  adminPort: port.default(9090),
  grpcPort: port.default(0),
  /** Where other workers and the operator reach this one. */
  advertise: z.string().min(1).default('127.0.0.1'),
  /** CPUs to pin to, as `2` or `0,4-5`; empty: not pinned. */
  cpus: z
    .string()
    .regex(/^(\d+(-\d+)?(,\d+(-\d+)?)*)?$/, 'not a list of CPUs')
    .default('')
    .transform(expandCpus),
  /** Without `cpus`: give the loop one CPU of the cpuset, if that is exclusive. */
  pin: z.enum(['auto', 'off']).default('off'),
  /** Where the machine shows its CPUs and nodes. */
  sysfsRoot: z.string().startsWith('/').default('/sys'),
  /** Folder with ca.crt, tls.crt, tls.key and perhaps nats.creds
   * (docs/kubernetes.md). Without it nothing is encrypted, for loopback. */
  credentialsDir: z.string().startsWith('/').optional(),
  /** Ticks that do not follow the load, to measure what they cost; -1: adaptive. */
  sendTickMs: tick,
  readTickMs: tick,
  /** Whether /debug/profile answers: a profile costs, and shows how this runs. */
  profile: z.enum(['on', 'off']).default('off'),
  /** A collector of OpenTelemetry (OTLP over HTTP), to which a span is sent for each
   * session that ended; without: none. */
  otlpEndpoint: z
    .string()
    .regex(/^https?:\/\/\S+$/, 'not an http:// or https:// URL')
    .optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  drainDeadlineSeconds: seconds.default(600),
  drainPublisherGraceSeconds: seconds.default(60),
  /** How long the doors stay open after a drain began. */
  drainLingerSeconds: seconds.default(0),
  /** End when stdin does: whoever started this holds the other end of it. */
  exitWithParent: z.enum(['true', 'false']).default('false'),
  /** Bound on the memory of all logs. */
  arenaMib: z.coerce.number().int().min(64).max(262_144).default(2_048),
});

export type WorkerOptions = z.output<typeof schema>;

/** Throws OPTIONS_INVALID with the flag's name and why. */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): WorkerOptions {
  const given = { ...fromEnvironment(environment), ...fromFlags(args) };
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) => `--${toFlag(String(path[0] ?? ''))}: ${message}`,
  );
  throw new WorkerError('OPTIONS_INVALID', faults.join('; '));
}

/** Name of the directory's bucket. */
export function bucketOf({ bucket, namespace, cluster }: WorkerOptions): string {
  return bucket ?? `sc-${namespace}-${cluster}`;
}

function fromFlags(args: readonly string[]): Record<string, string> {
  const names = Object.keys(schema.shape);
  const flags = Object.fromEntries(
    names.map((name) => [toFlag(name), { type: 'string' as const }]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options: flags });
    const pairs = names.map((name) => [name, values[toFlag(name)]] as const);
    return definedOf(pairs);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new WorkerError('OPTIONS_INVALID', message, { cause: error });
  }
}

function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const names = Object.keys(schema.shape);
  return definedOf(
    names.map((name) => {
      const variable = `SC_${toFlag(name).replaceAll('-', '_').toUpperCase()}`;
      const value = environment[variable];
      // An empty variable means that nothing is given, unlike an empty flag.
      return [name, value === '' ? undefined : value] as const;
    }),
  );
}

function definedOf(
  pairs: readonly (readonly [string, string | undefined])[],
): Record<string, string> {
  const defined = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  return Object.fromEntries(defined);
}

function toFlag(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function expandCpus(list: string): number[] {
  if (list === '') return [];
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
}

import { z } from 'zod';
import { option, parseCommandLine } from '../command-line.ts';
import { authFields, authOptions } from '../http/auth/flags.ts';

const port = z.coerce.number().int().min(0).max(65_535);

const schema = z.object({
  file: z.string().min(1),
  runDir: z.string().min(1),
  listen: z.string().transform((text) => text.split(',')),
  apiHost: z.string().min(1),
  apiPort: port,
  rtmpPort: port.min(1),
  httpPort: port.min(1),
  rtmpsPort: port.min(1),
  httpsPort: port.min(1),
  tlsDir: z.string().min(1),
  accessDir: z.string().min(1),
  nats: z.string().optional(),
  otlpEndpoint: z.string().optional(),
  ...authFields,
  logLevel: z.enum(['debug', 'info', 'warn', 'error']),
});

export interface LocalFlags extends z.output<typeof schema> {
  /** Absolute path of the checkout. */
  readonly root: string;
}

/** Throws OPTIONS_INVALID. */
export function parseLocalFlags(args: readonly string[], root: string): LocalFlags {
  const options = [
    option('--file <path>', 'the StreamCluster', 'manifests/samples/quickstart.yaml', root),
    option('--run-dir <path>', 'logs, status, NATS’ store', '.run', root),
    option('--listen <addresses>', 'literal addresses of the media ports', '127.0.0.1,::1'),
    option('--api-host <address>', 'address of page and API', '127.0.0.1'),
    option('--api-port <port>', 'port of page and API', '8088'),
    option('--rtmp-port <port>', 'port of RTMP, of all workers', '1935'),
    option('--http-port <port>', 'port of HTTP media, of all workers', '8080'),
    option('--rtmps-port <port>', 'port of RTMPS, of all workers', '1936'),
    option('--https-port <port>', 'port of HTTPS media, of all workers', '8443'),
    option('--tls-dir <path>', 'a folder for each Secret that spec.tls names', '.run/tls', root),
    option('--access-dir <path>', 'what would be the Secret of spec.access', '.run/access', root),
    option('--nats <url>', 'NATS to use, instead of spec.nats.url or one of our own'),
    option('--otlp-endpoint <url>', 'a collector of OpenTelemetry for spans of sessions'),
    ...authOptions(),
    option('--log-level <level>', 'debug, info, warn or error', 'info'),
  ];
  return { ...parseCommandLine(args, options, schema), root };
}

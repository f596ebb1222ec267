import { Command, CommanderError, Option } from 'commander';
import path from 'node:path';
import { z } from 'zod';
import { OperatorError } from './errors.ts';

const port = z.coerce.number().int().min(0).max(65_535);

const schema = z.object({
  file: z.string().min(1),
  runDir: z.string().min(1),
  listen: z.string().transform((text) => text.split(',')),
  apiHost: z.string().min(1),
  apiPort: port,
  rtmpPort: port.min(1),
  httpPort: port.min(1),
  nats: z.string().optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']),
});

export interface OperatorFlags extends z.output<typeof schema> {
  /** Absolute path of the checkout. */
  readonly root: string;
}

/** Each flag is also a variable: `--api-port` is SC_API_PORT. */
function flags(root: string): Option[] {
  return [
    option('--file <path>', 'the StreamCluster', 'manifests/samples/quickstart.yaml', root),
    option('--run-dir <path>', 'logs, status, NATS’ store', '.run', root),
    option('--listen <addresses>', 'literal addresses of the media ports', '127.0.0.1,::1'),
    option('--api-host <address>', 'address of page and API', '127.0.0.1'),
    option('--api-port <port>', 'port of page and API', '8088'),
    option('--rtmp-port <port>', 'port of RTMP, of all workers', '1935'),
    option('--http-port <port>', 'port of HTTP media, of all workers', '8080'),
    option('--nats <url>', 'NATS to use, instead of spec.nats.url or one of our own'),
    option('--log-level <level>', 'debug, info, warn or error', 'info'),
  ];
}

function option(flag: string, text: string, fallback?: string, base?: string): Option {
  const made = new Option(flag, text);
  made.env(`SC_${made.name().replaceAll('-', '_').toUpperCase()}`);
  if (fallback === undefined) return made;
  return made.default(base === undefined ? fallback : path.join(base, fallback), fallback);
}

/** Throws OPTIONS_INVALID; prints help and ends the process when asked for it. */
export function parseFlags(args: readonly string[], root: string): OperatorFlags {
  const command = new Command('operator')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  for (const one of flags(root)) command.addOption(one);
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
    const message = error instanceof Error ? error.message : String(error);
    throw new OperatorError('OPTIONS_INVALID', message, { cause: error });
  }
  const parsed = schema.safeParse(command.opts());
  if (parsed.success) return { ...parsed.data, root };
  const faults = parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
  throw new OperatorError('OPTIONS_INVALID', faults.join('; '));
}

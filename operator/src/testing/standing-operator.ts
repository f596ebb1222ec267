/**
 * An operator in a process of its own for workers that somebody else starts: it
 * places, configures, balances and shows, and what it would start are only names.
 */
import { pino } from 'pino';
import { z } from 'zod';
import { realClock } from '../clock.ts';
import { option, parseCommandLine } from '../command-line.ts';
import { GrpcWorkerControl } from '../control/worker-control.ts';
import { NatsLink } from '../fleet/adapters/nats-link.ts';
import { Operator } from '../operator.ts';
import { MemoryRuntime } from './memory-runtime.ts';

const count = z.coerce.number().int().min(0);
const schema = z.object({
  nats: z.string(),
  bucket: z.string(),
  host: z.string(),
  apiPort: count,
  placePort: count,
  workers: count,
  graceSeconds: count,
});
const flags = parseCommandLine(
  process.argv.slice(2),
  [
    option('--nats <url>', 'NATS'),
    option('--bucket <name>', 'of the directory'),
    option('--host <address>', 'of everything that listens'),
    option('--api-port <port>', 'of page and API'),
    option('--place-port <port>', 'that workers call'),
    option('--workers <number>', 'how many there are: w-0 and so on'),
    option('--grace-seconds <number>', 'for publishers that are away'),
  ],
  schema,
);

const log = pino({ base: null });
const streams = `{publisherGraceSeconds: ${flags.graceSeconds}}`;
const spec = `{fixed: {replicas: ${flags.workers}}, rebalance: {mode: Disabled}, streams: ${streams}}`;
const runtime = new MemoryRuntime(spec);
const link = new NatsLink({ url: flags.nats, clock: realClock, log });
const operator = new Operator({
  notReady: () => undefined,
  mediaPorts: { http: 8080, https: 8443 },
  log,
});

await operator.listenGrpc(flags.host, flags.placePort);
await operator.listenHttp({ host: flags.host, port: flags.apiPort });
link.start();
operator.manage('default/test', {
  ...{ runtime, link, control: new GrpcWorkerControl() },
  directory: { bucket: flags.bucket, storage: 'file', replicas: 1 },
  endpoints: { rtmp: 1935, http: 8080, rtmps: 1936, https: 8443 },
});
operator.startActing();

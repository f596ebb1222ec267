/** An operator whose workers are somebody else's, as in a pod: it may be killed and replaced. */
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { realClock } from '../../../operator/src/clock.ts';
import { GrpcWorkerControl } from '../../../operator/src/control/worker-control.ts';
import { NatsLink } from '../../../operator/src/fleet/adapters/nats-link.ts';
import { ResourceFile } from '../../../operator/src/local/resource-file.ts';
import { Operator } from '../../../operator/src/operator.ts';
import { FoundWorkers } from './found-workers.ts';

const HOST = '127.0.0.1';
const text = { type: 'string', default: '' } as const;

const { values } = parseArgs({
  options: { file: text, nats: text, bucket: text, workers: text, grpc: text, api: text },
});
const log = pino({ base: null });
const resourceFile = new ResourceFile(values.file, log);
const runtime = new FoundWorkers(resourceFile, values.workers.split(','));
const { namespace, name } = runtime.resource().resource.metadata;
const operator = new Operator({
  notReady: () => undefined,
  mediaPorts: { http: 0, https: 0 },
  log,
});
const link = new NatsLink({ url: values.nats, clock: realClock, log });
link.start();
await operator.listenGrpc(HOST, Number(values.grpc));
await operator.listenHttp({ host: HOST, port: Number(values.api) });
operator.manage(`${namespace}/${name}`, {
  ...{ runtime, link, control: new GrpcWorkerControl() },
  directory: { bucket: values.bucket, storage: 'file', replicas: 1 },
  endpoints: { rtmp: 0, http: 0, rtmps: 0, https: 0 },
});
operator.startActing();

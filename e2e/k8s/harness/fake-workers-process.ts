/** Fake workers in a process of their own, so that their CPU is nobody else's. */
import { createServer, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { connect } from '@nats-io/transport-node';
import { pino } from 'pino';
import { realClock } from '../../../operator/src/clock.ts';
import { KubeClient, kubeConfigLoader } from '../../../operator/src/kube/mod.ts';
import { FakeWorkerFleet } from './fake-worker-fleet.ts';
import type { Behaviour, Selection } from './fake-worker-types.ts';

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string', default: '' },
    nats: { type: 'string', default: '' },
    port: { type: 'string', default: '0' },
  },
});

const log = pino({ level: 'warn' });
const client = new KubeClient({
  load: kubeConfigLoader({ file: values.kubeconfig }),
  version: 'fake-workers',
  clock: realClock,
});
const nats = await connect({ servers: values.nats, maxReconnectAttempts: -1 });
const fleet = new FakeWorkerFleet({ client, nats, log });
await fleet.start();

/** GET: how all are. POST: how some are to be. */
async function answer(request: IncomingMessage): Promise<object> {
  if (request.method === 'POST') {
    const { of, be } = (await json(request)) as { of: Selection; be: Partial<Behaviour> };
    fleet.set(of, be);
  }
  return { workers: fleet.states, counts: fleet.counts };
}

const server = createServer((request, response) => {
  answer(request).then(
    (body) => response.end(JSON.stringify(body)),
    (error: unknown) => {
      log.error({ err: error }, 'request failed');
      response.writeHead(400).end();
    },
  );
});
server.listen(Number(values.port), '127.0.0.1');

process.once('SIGTERM', () => void end());

async function end(): Promise<void> {
  server.close();
  await fleet.close();
  await nats.close();
  client.close();
  process.exit(0);
}

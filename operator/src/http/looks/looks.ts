import type { FastifyInstance, FastifyReply } from 'fastify';
import { realClock } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';
import type { ClusterParams, FindCluster, StreamParams } from '../params.ts';
import { CLUSTER } from '../document/call.ts';
import type { ClusterView } from '../view.ts';
import { Recent } from './recent.ts';
import { fetchFromWorker } from './worker-fetch.ts';

/** However many pages are open, a worker is asked four times a second for a thing. */
const KEEP_MS = 240;
const MAX_BYTES = 2 * 1_024 * 1_024;

interface WorkerParams extends ClusterParams {
  readonly worker: string;
}

/** What only a worker knows of this moment, asked of it for the page. */
export function registerLooks(app: FastifyInstance, find: FindCluster): void {
  const recent = new Recent<Buffer>(KEEP_MS, () => realClock.nowMs());
  const look = async (
    address: string,
    path: string,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    const body = await recent.get(address + path, () => fetchFromWorker(address, path, MAX_BYTES));
    return await reply
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .send(body);
  };
  app.get<{ Params: StreamParams; Querystring: { worker?: string } }>(
    `${CLUSTER}/streams/:app/:stream/ring`,
    async ({ params, query }, reply) => {
      const view = find(params);
      const name = `${params.app}/${params.stream}`;
      const stream = view.stream(name);
      if (stream === undefined) throw new OperatorError('NOT_FOUND', `stream ${name}`);
      const address = httpAddressOf(view, query.worker ?? stream.ingest);
      return await look(address, `/debug/streams/${pathOf(params)}/ring`, reply);
    },
  );
  app.get<{ Params: WorkerParams }>(
    `${CLUSTER}/workers/:worker/totals`,
    async ({ params }, reply) =>
      look(httpAddressOf(find(params), params.worker), '/debug/totals', reply),
  );
}

/** Throws NOT_FOUND. */
export function httpAddressOf(view: ClusterView, worker: string): string {
  const address = view.sightings().find(({ id }) => id === worker)?.report.httpAddress ?? '';
  if (address === '') throw new OperatorError('NOT_FOUND', `worker ${worker}`);
  return address;
}

/** As it stands in an address of a worker. */
export function pathOf({ app, stream }: StreamParams): string {
  return `${encodeURIComponent(app)}/${encodeURIComponent(stream)}`;
}

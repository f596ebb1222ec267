import type { FastifyInstance } from 'fastify';
import { realClock } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import { relayTree } from '../fleet/relay-tree.ts';
import { hasTls } from '../specs/user-ports.ts';
import { decisionItem } from './decision-item.ts';
import { CLUSTER } from './document/call.ts';
import { finderOf, type ClusterParams, type FindCluster, type StreamParams } from './params.ts';
import { rebalanceItem } from './rebalance.ts';
import { scalingOf, type ScalingQuery } from './scaling.ts';
import { registerSessions } from './sessions.ts';
import { streamItem } from './stream-item.ts';
import { StreamPages, type PageQuery } from './stream-pages.ts';
import type { ClusterView } from './view.ts';
import { workerItems } from './worker-items.ts';

export interface ApiOptions {
  readonly clusters: () => readonly ClusterView[];
  /** Why figures are not to be trusted; undefined: they are. */
  readonly notReady: () => string | undefined;
}

/** The JSON API, as far as it reads what the operator knows; see console.ts for the rest. */
export function registerApi(app: FastifyInstance, options: ApiOptions): void {
  const { clusters } = options;
  const find = finderOf(clusters);
  app.get('/api/v1/clusters', () => ({ items: clusters().map(clusterItem) }));
  app.get<{ Params: ClusterParams }>(CLUSTER, ({ params }) => {
    const cluster = find(params);
    return { ...clusterItem(cluster), events: cluster.events };
  });
  app.get<{ Params: ClusterParams }>(`${CLUSTER}/workers`, async ({ params }) => {
    const cluster = find(params);
    return { items: workerItems(await cluster.instances(), cluster.sightings()) };
  });
  app.get<{ Params: ClusterParams }>(`${CLUSTER}/rebalance`, async ({ params }) => {
    return await rebalanceItem(find(params));
  });
  app.get<{ Params: ClusterParams; Querystring: ScalingQuery }>(
    `${CLUSTER}/scaling`,
    ({ params, query }) => {
      const reason = options.notReady();
      if (reason !== undefined) throw new OperatorError('NATS_UNREACHABLE', reason);
      return scalingOf(find(params), query);
    },
  );
  registerStreams(app, find);
  registerSessions(app, find);
}

function registerStreams(app: FastifyInstance, find: FindCluster): void {
  const pages = new StreamPages(realClock);
  app.addHook('onClose', (_app, done) => {
    pages.close();
    done();
  });
  app.get<{ Params: ClusterParams; Querystring: PageQuery }>(
    `${CLUSTER}/streams`,
    ({ params, query }) => pages.page(find(params), query),
  );
  app.get<{ Params: StreamParams }>(`${CLUSTER}/streams/:app/:stream`, ({ params }) => {
    const name = `${params.app}/${params.stream}`;
    const cluster = find(params);
    const stream = cluster.stream(name);
    if (stream === undefined) throw new OperatorError('NOT_FOUND', `stream ${name}`);
    const decision = decisionItem(stream, cluster.decisionOn(name));
    return { ...streamItem(stream), tree: relayTree(stream.workers), decision };
  });
}

function clusterItem(cluster: ClusterView): object {
  const { resource, generation, status } = cluster;
  const { rtmps, https, ...plain } = cluster.endpoints;
  const endpoints = hasTls(resource) ? { ...plain, rtmps, https } : plain;
  const { name, namespace } = resource.metadata;
  return { namespace, name, generation, spec: resource.spec, status: status ?? {}, endpoints };
}

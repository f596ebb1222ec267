import type { FastifyInstance } from 'fastify';
import { OperatorError } from '../errors.ts';
import type { ClusterView } from './view.ts';
import { workerItems } from './worker-items.ts';

interface ClusterParams {
  readonly namespace: string;
  readonly name: string;
}
interface StreamParams extends ClusterParams {
  readonly app: string;
  readonly stream: string;
}

const CLUSTER = '/api/v1/clusters/:namespace/:name';

/** The JSON API. */
export function registerApi(app: FastifyInstance, clusters: readonly ClusterView[]): void {
  const find = ({ namespace, name }: ClusterParams): ClusterView => {
    const found = clusters.find(
      ({ resource: { metadata } }) => metadata.namespace === namespace && metadata.name === name,
    );
    if (found === undefined) throw new OperatorError('NOT_FOUND', `cluster ${namespace}/${name}`);
    return found;
  };
  app.get('/api/v1/clusters', () => ({ items: clusters.map(clusterItem) }));
  app.get<{ Params: ClusterParams }>(CLUSTER, ({ params }) => {
    const cluster = find(params);
    return { ...clusterItem(cluster), events: cluster.events };
  });
  app.get<{ Params: ClusterParams }>(`${CLUSTER}/workers`, async ({ params }) => {
    const cluster = find(params);
    return { items: workerItems(await cluster.instances(), cluster.sightings()) };
  });
  app.get<{ Params: ClusterParams }>(`${CLUSTER}/streams`, ({ params }) => ({
    items: find(params).streams(),
  }));
  app.get<{ Params: StreamParams }>(`${CLUSTER}/streams/:app/:stream`, ({ params }) => {
    const name = `${params.app}/${params.stream}`;
    const stream = find(params)
      .streams()
      .find((one) => one.name === name);
    if (stream === undefined) throw new OperatorError('NOT_FOUND', `stream ${name}`);
    return stream;
  });
}

function clusterItem(cluster: ClusterView): object {
  const { resource, generation, status, endpoints } = cluster;
  const { name, namespace } = resource.metadata;
  return { namespace, name, generation, spec: resource.spec, status: status ?? {}, endpoints };
}

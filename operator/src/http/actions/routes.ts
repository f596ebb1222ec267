import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { MAX_WORKERS } from '../../api/spec/fields.ts';
import { OperatorError } from '../../errors.ts';
import { identityOf } from '../auth/identity.ts';
import { DRAIN_ROUTE, REPLICAS_ROUTE } from './action-routes.ts';
import type { ClusterParams, FindCluster } from '../params.ts';

interface WorkerParams extends ClusterParams {
  readonly worker: string;
}

/** What the page's buttons ask for. Who may, was decided before: see auth/guard.ts. */
export function registerActions(app: FastifyInstance, find: FindCluster, log: Logger): void {
  app.put<{ Params: ClusterParams; Body: unknown }>(REPLICAS_ROUTE, async (request, reply) => {
    const replicas = replicasOf(request.body);
    const { actions, resource } = find(request.params);
    await actions.scale(replicas);
    log.info({ ...who(request), cluster: resource.metadata.name, replicas }, 'scaled by a user');
    return await reply.code(204).send();
  });
  for (const [method, isAsked] of [
    ['PUT', true],
    ['DELETE', false],
  ] as const) {
    app.route<{ Params: WorkerParams }>({
      method,
      url: DRAIN_ROUTE,
      handler: async (request, reply) => {
        const { worker } = request.params;
        await find(request.params).actions.askDrain(worker, isAsked);
        log.info({ ...who(request), worker, isAsked }, 'drain asked or taken back by a user');
        return await reply.code(204).send();
      },
    });
  }
}

function replicasOf(body: unknown): number {
  const replicas =
    typeof body === 'object' && body !== null && 'replicas' in body ? body.replicas : undefined;
  const isCount = Number.isInteger(replicas) && Number(replicas) >= 0;
  if (isCount && Number(replicas) <= MAX_WORKERS) return Number(replicas);
  throw new OperatorError('REQUEST_INVALID', `replicas must be 0 to ${MAX_WORKERS}`);
}

function who(request: FastifyRequest): { readonly user: string; readonly address: string } {
  return { user: identityOf(request).name, address: request.ip };
}

import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { OWN_HEADER } from '../cross-site.ts';
import { openAuth } from '../auth/console-auth.ts';
import { TestCluster } from '../testing/cluster-view.ts';
import { serveViews } from '../testing/serve.ts';

const BASE = '/api/v1/clusters/default/test';
const AUTOSCALING = '{autoscaling: {maxReplicas: 5, streamsPerWorker: 10}}';

describe('what users may ask of a StreamCluster', () => {
  let app: FastifyInstance;
  afterEach(() => app.close());

  async function serve(spec: string): Promise<TestCluster> {
    const cluster = new TestCluster(spec);
    await cluster.runtime.create(0);
    const auth = openAuth('admin', pino({ level: 'silent' }));
    app = await serveViews(() => [cluster.view()], auth);
    return cluster;
  }

  async function ask(method: 'PUT' | 'DELETE', path: string, payload?: object): Promise<unknown> {
    const answer = await app.inject({
      ...{ method, url: BASE + path, headers: { host: '127.0.0.1', [OWN_HEADER]: 'test' } },
      ...(payload !== undefined && { payload }),
    });
    return answer.statusCode === 204 ? 204 : answer.json<{ code: string }>().code;
  }

  it('is another number of workers', async () => {
    const { runtime } = await serve('{fixed: {replicas: 2}}');
    expect(await ask('PUT', '/replicas', { replicas: 4 })).toBe(204);
    expect(runtime.resource().resource.spec.fixed?.replicas).toBe(4);
  });

  it('is no number that follows something else', async () => {
    const { runtime } = await serve(AUTOSCALING);
    expect(await ask('PUT', '/replicas', { replicas: 4 })).toBe('ACTION_REFUSED');
    expect(runtime.resource().resource.spec.autoscaling?.maxReplicas).toBe(5);
  });

  it.each([
    [{ replicas: -1 }],
    [{ replicas: 1.5 }],
    [{ replicas: '3' }],
    [{ replicas: 1e9 }],
    [{}],
  ])('is no %j', async (payload) => {
    await serve('{fixed: {replicas: 2}}');
    expect(await ask('PUT', '/replicas', payload)).toBe('REQUEST_INVALID');
  });

  it('is to empty a worker, and to take that back', async () => {
    const { runtime } = await serve('{fixed: {replicas: 1}}');
    expect(await ask('PUT', '/workers/w-0/drain')).toBe(204);
    expect(runtime.instances.get('w-0')?.drainAsked).toBe('Command');
    expect(await ask('DELETE', '/workers/w-0/drain')).toBe(204);
    expect(runtime.instances.get('w-0')?.drainAsked).toBeUndefined();
  });

  it('is nothing of a worker that is not there, is ending, or drains for its node', async () => {
    const { runtime } = await serve('{fixed: {replicas: 1}}');
    expect(await ask('PUT', '/workers/w-9/drain')).toBe('NOT_FOUND');
    runtime.change('w-0', { drainAsked: 'NodeCordon' });
    expect(await ask('DELETE', '/workers/w-0/drain')).toBe('ACTION_REFUSED');
    runtime.change('w-0', { phase: 'stopping', drainAsked: undefined });
    expect(await ask('PUT', '/workers/w-0/drain')).toBe('ACTION_REFUSED');
  });
});

import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestCluster } from '../testing/cluster-view.ts';
import { serveViews } from '../testing/serve.ts';
import { Recent } from './recent.ts';

const STREAM = '/api/v1/clusters/default/test/streams/live/news';

describe('what workers are asked for the page', () => {
  let worker: Server;
  let app: FastifyInstance;
  let cluster: TestCluster;
  let answer: { status: number; body: string };
  const asked: string[] = [];

  beforeEach(async () => {
    asked.length = 0;
    answer = { status: 200, body: '{"logs":[]}' };
    worker = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(answer.status).end(answer.body);
    });
    worker.listen(0, '127.0.0.1');
    await once(worker, 'listening');
    const { port } = worker.address() as AddressInfo;
    cluster = new TestCluster('{fixed: {replicas: 1}}');
    cluster.report('w-0', { httpAddress: `127.0.0.1:${port}` });
    cluster.publish('live/news');
    app = await serveViews(() => [cluster.view()]);
  });
  afterEach(async () => {
    await app.close();
    worker.close();
  });

  it('is a ring, of the ingest worker or of one that is named, once for all who ask now', async () => {
    const answers = await Promise.all([
      app.inject(`${STREAM}/ring`),
      app.inject(`${STREAM}/ring?worker=w-0`),
    ]);
    expect(answers.map((one) => one.json<unknown>())).toEqual([{ logs: [] }, { logs: [] }]);
    expect(asked).toEqual(['/debug/streams/live/news/ring']);
  });

  it('is where the time of a loop goes', async () => {
    answer.body = '{"activeMs":1}';
    const totals = await app.inject('/api/v1/clusters/default/test/workers/w-0/totals');
    expect(totals.json()).toEqual({ activeMs: 1 });
    expect(asked).toEqual(['/debug/totals']);
  });

  it.each([
    ['a worker that is not there', `${STREAM}/ring?worker=w-9`, 200, '404 NOT_FOUND'],
    ['a stream that is not', `${STREAM}x/ring`, 200, '404 NOT_FOUND'],
    ['a worker that has it no more', `${STREAM}/ring`, 404, '404 NOT_FOUND'],
    ['a worker that fails', `${STREAM}/ring`, 500, '502 WORKER_UNREACHABLE'],
  ])('is an error of %s', async (_what, url, status, wanted) => {
    answer.status = status;
    const problem = (await app.inject(url)).json<{ status: number; code: string }>();
    expect(`${problem.status} ${problem.code}`).toBe(wanted);
  });

  it('is bounded', async () => {
    answer.body = 'x'.repeat(3 * 1_024 * 1_024);
    expect((await app.inject(`${STREAM}/ring`)).json()).toMatchObject({
      code: 'WORKER_UNREACHABLE',
    });
  });

  it('is no picture where the worker has none', async () => {
    answer.status = 404;
    expect((await app.inject(`${STREAM}/thumbnail.jpg`)).json()).toMatchObject({
      ...{ status: 404, code: 'NOT_FOUND' },
    });
  });
});

describe('recent answers', () => {
  it('are kept for their time, failures too', async () => {
    let nowMs = 0;
    const recent = new Recent<number>(100, () => nowMs);
    await expect(recent.get('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    await expect(recent.get('a', () => Promise.resolve(1))).rejects.toThrow('down');
    nowMs = 100;
    expect(await recent.get('a', () => Promise.resolve(2))).toBe(2);
  });
});

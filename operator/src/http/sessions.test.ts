import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeSessions, idOf } from '../sessions/testing/fake-sessions.ts';
import { streamInfo } from '../testing/reports.ts';
import { TestCluster } from './testing/cluster-view.ts';
import { serveViews } from './testing/serve.ts';

const BASE = '/api/v1/clusters/default/test';
const OWN = { 'x-streamcluster-request': 'test' };

interface Page {
  readonly items: readonly { readonly id: string; readonly workers: readonly string[] }[];
  readonly total: number;
  readonly page?: string;
  readonly unreached: readonly string[];
}

describe('sessions', () => {
  let cluster: TestCluster;
  let app: FastifyInstance;
  let one: FakeSessions;
  let two: FakeSessions;

  beforeEach(async () => {
    cluster = new TestCluster('{fixed: {replicas: 3}}');
    const topStreams = [streamInfo('live/news'), streamInfo('live/other')];
    for (const worker of ['w-1', 'w-2', 'w-3']) {
      cluster.report(worker, { grpcAddress: worker, topStreams, streams: 2 });
    }
    one = new FakeSessions().add('a', 'live/news').add('c', 'live/news', { bytes: 3n });
    two = new FakeSessions().add('c', 'live/news', { bytes: 4n }).add('b', 'live/other');
    cluster.workers.set('w-1', one).set('w-2', two).set('w-3', new FakeSessions());
    app = await serveViews(() => [cluster.view()]);
  });
  afterEach(() => app.close());

  async function page(path: string): Promise<Page> {
    const answer = await app.inject(BASE + path);
    expect(answer.statusCode).toBe(200);
    return answer.json();
  }

  async function remove(path: string, headers: object = OWN): Promise<[number, object]> {
    const answer = await app.inject({
      method: 'DELETE',
      url: BASE + path,
      headers: { ...headers },
    });
    return [answer.statusCode, answer.json()];
  }

  it('are listed in the order of their ids, those of several workers once', async () => {
    const all = await page('/sessions');
    expect(all.items.map(({ id }) => id)).toEqual([idOf('a'), idOf('b'), idOf('c')]);
    expect(all.items[2]).toMatchObject({ bytes: 7, workers: ['w-1', 'w-2'] });
    expect(all).toMatchObject({ total: 4, unreached: [] });
    const news = await page('/streams/live/news/sessions');
    expect(news.items.map(({ id }) => id)).toEqual([idOf('a'), idOf('c')]);
  });

  it('are listed page by page', async () => {
    const seen: string[] = [];
    for (let token = ''; ;) {
      const { items, page: next } = await page(`/sessions?limit=2&page=${token}`);
      seen.push(...items.map(({ id }) => id));
      if (next === undefined) break;
      token = next;
    }
    expect(seen).toEqual([idOf('a'), idOf('b'), idOf('c')]);
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'page=x']) {
      expect((await app.inject(`${BASE}/sessions?${query}`)).statusCode).toBe(400);
    }
  });

  it('say which workers did not answer', async () => {
    cluster.workers.delete('w-2');
    expect(await page('/sessions')).toMatchObject({ total: 2, unreached: ['w-2'] });
  });

  it('are ended on all workers that have them', async () => {
    const answer = await remove(`/streams/live/news/sessions/${idOf('c')}`);
    expect(answer).toEqual([
      200,
      { id: idOf('c'), stream: 'live/news', workers: ['w-1', 'w-2'], ban: null, unreached: [] },
    ]);
    expect((await page('/sessions')).total).toBe(2);
    expect((await remove(`/streams/live/news/sessions/${idOf('c')}`))[0]).toBe(404);
    expect((await remove(`/streams/live/news/sessions/${idOf('b')}`))[0]).toBe(404);
    expect((await remove('/streams/live/news/sessions/x'))[0]).toBe(400);
    expect((await remove(`/streams/live/news/sessions/${idOf('a')}?banSeconds=-1`))[0]).toBe(400);
    expect((await remove(`/streams/live/news/sessions/${idOf('a')}?banSeconds=`))[0]).toBe(400);
  });

  it('are ended with a ban that all workers hear of, some of them later', async () => {
    cluster.workers.delete('w-3');
    const [status, body] = await remove(`/streams/live/news/sessions/${idOf('a')}?banSeconds=60`);
    expect([status, body]).toMatchObject([
      200,
      {
        workers: ['w-1'],
        ban: { address: 'a', untilUnixMs: 4_000_000_060_000 },
        unreached: ['w-3'],
      },
    ]);
    expect([one.banned.length, two.banned.length]).toEqual([1, 1]);
    expect([...cluster.bans.missed]).toEqual(['w-3']);
    expect(cluster.bans.list()).toMatchObject([{ address: 'a', untilUnixMs: 4_000_000_060_000n }]);
  });

  it.each([
    ['without the header', {}],
    ['from a page of another site', { ...OWN, origin: 'https://evil.example' }],
    ['from a page of nobody', { ...OWN, origin: 'null' }],
    ['from a page of another port', { ...OWN, origin: 'http://localhost:81' }],
    ['as a browser says', { ...OWN, 'sec-fetch-site': 'cross-site' }],
    // Whoever owns the name can point it here, and have the page of our origin.
    ['under a name', { ...OWN, origin: 'http://console:8088', host: 'console:8088' }],
  ])('are not ended %s', async (_what, headers) => {
    const [status, body] = await remove(`/streams/live/news/sessions/${idOf('a')}`, headers);
    expect([status, body]).toMatchObject([403, { code: 'REQUEST_CROSS_SITE' }]);
    expect((await page('/sessions')).total).toBe(4);
  });

  it("are ended from the console's own page", async () => {
    const own = { ...OWN, origin: 'http://localhost:8088', host: 'localhost:8088' };
    const headers = { ...own, 'sec-fetch-site': 'same-origin' };
    expect((await remove(`/streams/live/news/sessions/${idOf('a')}`, headers))[0]).toBe(200);
  });
});

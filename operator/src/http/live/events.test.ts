import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { streamInfo } from '../../testing/reports.ts';
import { openAuth } from '../auth/console-auth.ts';
import type { Identity } from '../auth/identity.ts';
import { TestCluster } from '../testing/cluster-view.ts';
import { serveViews } from '../testing/serve.ts';
import { topicsOf } from './topic.ts';

interface Told {
  readonly event: string;
  readonly topic: string;
  readonly items?: Record<string, Record<string, unknown>>;
  readonly set?: Record<string, Record<string, unknown>>;
  readonly gone?: readonly string[];
}

const PATIENCE_MS = 5_000;

describe('events', () => {
  let cluster: TestCluster;
  let app: FastifyInstance;
  let port: number;

  beforeEach(async () => {
    cluster = new TestCluster('{fixed: {replicas: 1}}');
    await cluster.runtime.create(0);
    cluster.report('w-0', { topStreams: [streamInfo('live/news', { viewers: { flv: 2 } })] });
    cluster.publish('live/news');
    app = await serveViews(() => [cluster.view()]);
    await app.listen({ host: '127.0.0.1', port: 0 });
    port = (app.server.address() as AddressInfo).port;
  });
  afterEach(() => app.close());

  /** Follows topics; `next` resolves with what is told next. */
  async function follow(
    topics: string,
  ): Promise<{ next(): Promise<Told>; close(): Promise<void> }> {
    const abort = new AbortController();
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/events?topics=${topics}`, {
      signal: abort.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    return {
      async next() {
        for (;;) {
          const [, event = '', data = '', rest = ''] =
            /event: (\w+)\ndata: (.*)\n\n([^]*)/.exec(text) ?? [];
          if (event !== '') {
            text = rest;
            if (event === 'here') continue;
            return { event, ...(JSON.parse(data) as Omit<Told, 'event'>) };
          }
          const { value = '', done } = await reader.read();
          if (done) throw new Error('the stream of events ended');
          text += value;
        }
      },
      close: async () => {
        abort.abort();
        await reader.cancel().catch(() => undefined);
      },
    };
  }

  it('tell of a stream that is published, changes and goes within a second or so', async () => {
    const page = await follow('streams:default/test');
    expect(await page.next()).toMatchObject({
      ...{ event: 'all', topic: 'streams:default/test' },
      items: { 'live/news': { state: 'live', viewers: 2, home: 'w-0' } },
    });
    const beganMs = performance.now();
    cluster.publish('live/second');
    expect(await page.next()).toMatchObject({
      ...{ event: 'change', gone: [] },
      set: { 'live/second': { name: 'live/second', state: 'starting' } },
    });
    expect(performance.now() - beganMs).toBeLessThan(PATIENCE_MS);
    cluster.directory?.delete('live/news');
    expect(await page.next()).toMatchObject({ event: 'change', set: {}, gone: ['live/news'] });
    await page.close();
  });

  it('tell of clusters, workers, one cluster and one stream', async () => {
    const topics =
      'clusters,workers:default/test,cluster:default/test,stream:default/test/live/news';
    const page = await follow(topics);
    const told = new Map<string, Told>();
    while (told.size < 4) {
      const next = await page.next();
      told.set(next.topic.split(':')[0] ?? '', next);
    }
    expect(told.get('clusters')?.items).toHaveProperty('default/test.endpoints.rtmp', 1935);
    expect(told.get('workers')?.items?.['w-0']).toMatchObject({ state: 'ready', streams: 0 });
    expect(Object.keys(told.get('cluster')?.items ?? {}).sort()).toEqual([
      ...['actions', 'cluster', 'decisions', 'events', 'fleet', 'rebalance'],
    ]);
    expect(told.get('stream')?.items?.['stream']).toMatchObject({
      ...{ name: 'live/news', tree: [{ worker: 'w-0' }] },
    });
    await page.close();
  });

  it('show nothing of what is not there, until it is', async () => {
    const page = await follow('stream:default/test/live/later');
    expect(await page.next()).toMatchObject({ event: 'all', items: {} });
    cluster.publish('live/later');
    expect(await page.next()).toMatchObject({ set: { stream: { name: 'live/later' } } });
    await page.close();
  });

  it('go on for others while a page does not read', async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    socket.write('GET /api/v1/events?topics=streams:default/test HTTP/1.1\r\nhost: a\r\n\r\n');
    for (let round = 0; round < 4; round += 1) {
      for (let one = 0; one < 5_000; one += 1) cluster.publish(`live/s${one}`, `w-${round}`);
      await sleep(1_100);
    }
    // Each round is some 0.8 MB, more than the kernel holds for it.
    const page = await follow('streams:default/test');
    const all = await page.next();
    expect(Object.keys(all.items ?? {})).toHaveLength(5_001);
    let home = all.items?.['live/s7']?.['home'];
    while (home !== 'w-3') home = (await page.next()).set?.['live/s7']?.['home'] ?? home;
    socket.destroy();
    await page.close();
  }, 20_000);

  it('end when who follows them has no right to it any more', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let identity: Identity | undefined = { name: 'ann', role: 'viewer', by: 'cookie' };
    const auth = openAuth('viewer', pino({ level: 'silent' }));
    vi.spyOn(auth, 'identify').mockImplementation(() => identity);
    await app.close();
    app = await serveViews(() => [cluster.view()], auth);
    await app.listen({ host: '127.0.0.1', port: 0 });
    port = (app.server.address() as AddressInfo).port;
    const page = await follow('streams:default/test');
    await page.next();
    vi.advanceTimersByTime(10_000);
    cluster.publish('live/second');
    expect(await page.next()).toMatchObject({ set: { 'live/second': {} } });
    identity = undefined;
    vi.advanceTimersByTime(10_000);
    await expect(page.next()).rejects.toThrow('the stream of events ended');
    vi.useRealTimers();
  });

  it.each(['', 'nothing', 'streams:default', 'stream:default/test/live', 'x'.repeat(500)])(
    'refuse %j',
    async (topics) => {
      const answer = await app.inject(`/api/v1/events?topics=${topics}`);
      expect(answer.json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    },
  );

  it('refuse more topics than a page has, and count equal ones once', () => {
    const many = Array.from({ length: 9 }, (_, index) => `cluster:default/c${index}`).join(',');
    expect(() => topicsOf(many)).toThrow('topics must be 1 to 8');
    expect(topicsOf('clusters,clusters')).toHaveLength(1);
  });
});

import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  NumaAlignment,
  PublisherCondition_Type,
  PublisherHealth,
  StreamInfo_Role,
  type LoadReport,
} from '@streamcluster/proto';
import { reportBytes, streamInfo } from '../testing/reports.ts';
import { Metrics } from './metrics.ts';
import { createHttpServer } from './server.ts';
import { checkAnswers } from './testing/check-answers.ts';
import { silence } from './testing/serve.ts';
import { TestCluster } from './testing/cluster-view.ts';
import type { ClusterView } from './view.ts';

const BASE = '/api/v1/clusters/default/test';
const PLACE = {
  allowedCpus: [0, 1],
  loopCpu: 0,
  numaNode: 0,
  memoryNodes: [0],
  numaAlignment: NumaAlignment.NUMA_ALIGNMENT_ALIGNED,
};

const RARE = 'key frame every 10 s: viewers start late';
const HEALTH = PublisherHealth.fromPartial({
  ...{ framesPerSecond: 25, keyIntervalMs: 10_000, driftMs: -3, gaps: 2, stepsBack: 1 },
  conditions: [
    {
      ...{ type: PublisherCondition_Type.TYPE_KEY_FRAMES_FREQUENT, sinceUnixMs: 1_000n },
      ...{ reason: 'KeyFramesRare', message: RARE },
    },
    { type: PublisherCondition_Type.TYPE_SENDING, holds: true, sinceUnixMs: 2_000n },
    // Of a worker that is newer.
    { type: 99 as PublisherCondition_Type, reason: 'Unheard' },
  ],
});
const CONDITIONS = [
  {
    ...{ type: 'KeyFramesFrequent', status: 'False', reason: 'KeyFramesRare', message: RARE },
    lastTransitionTime: '1970-01-01T00:00:01.000Z',
  },
  {
    ...{ type: 'Sending', status: 'True', reason: 'AsExpected', message: '' },
    lastTransitionTime: '1970-01-01T00:00:02.000Z',
  },
];

describe('the HTTP server', () => {
  let app: FastifyInstance;
  let reason: string | undefined;
  let cluster: TestCluster;
  let clusters: ClusterView[];

  beforeEach(async () => {
    cluster = new TestCluster('{fixed: {replicas: 2}}');
    await cluster.runtime.create(1);
    await cluster.runtime.create(0);
    const topStreams = [streamInfo('live/news', { viewers: { flv: 2, hls: 1 }, health: HEALTH })];
    const viewersByProtocol = { flv: 2, hls: 1 };
    cluster.fleet.receive(
      reportBytes('w-0', { topStreams, viewersByProtocol, loopUtilization: 0.5, ...PLACE }),
      'w-0',
    );
    cluster.publish('live/news');
    reason = undefined;
    clusters = [cluster.view()];
    app = await createHttpServer({
      clusters: () => clusters,
      metrics: new Metrics(),
      counts: () => cluster.fleet,
      notReady: () => reason,
      mediaPorts: { http: 8080, https: 8443 },
      ...silence(),
    });
    checkAnswers(app);
  });
  afterEach(() => app.close());

  async function json(url: string): Promise<unknown> {
    const response = await app.inject(url);
    expect(response.statusCode).toBe(200);
    return response.json();
  }

  it('shows all StreamClusters to each of two who scrape at the same moment', async () => {
    const first = Promise.withResolvers<undefined>();
    const second = Promise.withResolvers<undefined>();
    // The first one waits for what the second StreamCluster has, the other for the first's.
    const waits = [undefined, first.promise, second.promise];
    clusters = ['one', 'two'].map((name) => {
      const view = cluster.view();
      const metadata = { ...view.resource.metadata, name };
      return {
        ...view,
        resource: { ...view.resource, metadata },
        instances: async () => {
          await waits.shift();
          return await view.instances();
        },
      };
    });
    const one = app.inject('/metrics');
    await expect.poll(() => waits.length).toBe(1);
    const other = app.inject('/metrics');
    await expect.poll(() => waits.length).toBe(0);
    first.resolve(undefined);
    expect((await one).body.match(/^streamcluster_cluster_viewers\{/gm)).toHaveLength(2);
    second.resolve(undefined);
    expect((await other).body.match(/^streamcluster_cluster_viewers\{/gm)).toHaveLength(2);
  });

  it('lists clusters', async () => {
    expect(await json('/api/v1/clusters')).toMatchObject({
      items: [{ namespace: 'default', name: 'test', endpoints: { rtmp: 1935, http: 8080 } }],
    });
    // The encrypted ports are named where they are open.
    const [item] = ((await json('/api/v1/clusters')) as { items: { endpoints: object }[] }).items;
    expect(item?.endpoints).toEqual({ rtmp: 1935, http: 8080 });
    expect(await json(BASE)).toMatchObject({ spec: { fixed: { replicas: 2 } }, events: [] });
  });

  it('changes what is logged, for programs and the own page only', async () => {
    const put = (level: string, headers: object): Promise<{ statusCode: number }> =>
      app.inject({
        method: 'PUT',
        url: `/debug/log-level?level=${level}`,
        headers: { ...headers },
      });
    const own = { 'x-streamcluster-request': 'test' };
    expect((await put('debug', {})).statusCode).toBe(403);
    expect((await put('loud', own)).statusCode).toBe(400);
    expect((await put('warn', own)).statusCode).toBe(200);
    expect(await json('/debug/log-level')).toEqual({ level: 'warn' });
  });

  it('lists workers that exist, reporting or not', async () => {
    expect(await json(`${BASE}/workers`)).toMatchObject({
      items: [
        { id: 'w-0', state: 'ready', viewers: 3, cpus: [0], loopUtilization: 0.5 },
        { id: 'w-1', state: 'starting', viewers: 0, cpus: [], numaNode: -1, loopCpu: -1 },
      ],
    });
  });

  it('tells where workers run, and which are to be emptied', async () => {
    cluster.runtime.instances.set('w-1', {
      ...cluster.runtime.instances.get('w-1')!,
      isOutdated: true,
      drainAsked: 'Command',
      phase: 'lost',
    });
    expect(await json(`${BASE}/workers`)).toMatchObject({
      items: [
        { ...PLACE, slot: 0, node: 'node-1', numaAlignment: 'aligned', isOutdated: false },
        {
          slot: 1,
          state: 'lost',
          numaAlignment: 'unknown',
          isOutdated: true,
          drainAsked: 'Command',
        },
      ],
    });
  });

  it('shows StreamClusters that come and go', async () => {
    const other = new TestCluster('{fixed: {replicas: 1}}').view();
    const metadata = { ...other.resource.metadata, name: 'other' };
    clusters.push({ ...other, resource: { ...other.resource, metadata } });
    expect(await json('/api/v1/clusters')).toMatchObject({
      items: [{ name: 'test' }, { name: 'other' }],
    });
    expect((await app.inject('/metrics')).body).toContain('cluster="other"');
    clusters.pop();
    expect((await app.inject('/api/v1/clusters/default/other')).statusCode).toBe(404);
    expect((await app.inject('/metrics')).body).not.toContain('cluster="other"');
  });

  it('lists streams, and shows one', async () => {
    const stream = { name: 'live/news', state: 'live', home: 'w-0', ingest: 'w-0', viewers: 3 };
    expect(await json(`${BASE}/streams`)).toMatchObject({
      items: [{ ...stream, epoch: 3, conditions: CONDITIONS }],
      total: 1,
    });
    expect(await json(`${BASE}/streams/live/news`)).toMatchObject({
      ...stream,
      workers: [{ worker: 'w-0', role: 'ingest-and-home', viewers: { flv: 2, hls: 1 } }],
      health: { keyIntervalMs: 10_000, driftMs: -3 },
      conditions: CONDITIONS,
    });
  });

  it('shows no conditions while nobody publishes', async () => {
    cluster.fleet.receive(reportBytes('w-0', { topStreams: [streamInfo('live/news')] }), 'w-0');
    const found = await json(`${BASE}/streams/live/news`);
    expect(found).toMatchObject({ health: null, conditions: [] });
  });

  it.each([
    ['/api/v1/clusters/default/other'],
    [`${BASE}/streams/live/other`],
    [`${BASE}/nothing`],
    ['/vendor/constructor'],
    ['/../package.json'],
    ['/%2e%2e/mod.ts'],
  ])('answers %s with a code', async (url) => {
    const response = await app.inject(url);
    expect(response.statusCode).toBe(404);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({
      ...{ code: 'NOT_FOUND', status: 404, title: 'there is no such thing' },
      type: 'urn:streamcluster:error:NOT_FOUND',
    });
  });

  it.each([
    ['a path that cannot be decoded', { url: '/api/v1/clusters/%zz/x' }],
    ['a parameter that is too long', { url: `${BASE}/streams/live/${'x'.repeat(300)}` }],
    ['a page without end', { url: `${BASE}/streams?limit=0` }],
    ['a page that is too large', { url: `${BASE}/streams?limit=5001` }],
    ['limits that are no numbers', { url: `${BASE}/streams?limit=1&limit=2` }],
    ['a token that is none', { url: `${BASE}/streams?continue=%00` }],
    ['a rule that divides by zero', { url: `${BASE}/scaling?streamsPerWorker=0` }],
    ['changes', { url: `${BASE}/workers`, method: 'DELETE' }],
    ['a body that is too large', { url: BASE, method: 'POST', payload: 'x'.repeat(20_000) }],
  ] as const)('refuses %s', async (_what, request) => {
    const response = await app.inject(request);
    expect(response.statusCode).toBeGreaterThanOrEqual(400);
    expect(response.statusCode).toBeLessThan(500);
    expect(response.json()).toHaveProperty('code');
  });

  it('tells health, and why it is not ready', async () => {
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    expect((await app.inject('/readyz')).statusCode).toBe(200);
    reason = 'NATS_UNREACHABLE';
    const response = await app.inject('/readyz');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({ status: 'NATS_UNREACHABLE' });
    expect((await app.inject('/healthz')).statusCode).toBe(200);
  });

  it('gives no figures to scale by while they are not to be trusted', async () => {
    expect(await json(`${BASE}/scaling`)).toMatchObject({ streams: 1, viewers: 3 });
    reason = 'NATS_UNREACHABLE';
    expect((await app.inject(`${BASE}/scaling`)).statusCode).toBe(503);
    reason = undefined;
    cluster.directory = undefined;
    const response = await app.inject(`${BASE}/scaling`);
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ code: 'NATS_UNREACHABLE' });
  });

  it('tells what rebalancing does', async () => {
    expect(await json(`${BASE}/rebalance`)).toMatchObject({
      mode: 'Auto',
      maxImbalance: 1.25,
      plan: null,
    });
  });

  it('shows load against the mean, who takes newcomers, and at which address', async () => {
    const topStreams = [streamInfo('live/a', { bitsPerSecond: 2e6, viewers: { flv: 900 } })];
    const publicHttpAddress = 'node-1:20000';
    cluster.fleet.receive(reportBytes('w-0', { topStreams, publicHttpAddress }), 'w-0');
    cluster.fleet.receive(reportBytes('w-1', { admitting: false }), 'w-1');
    cluster.runtime.change('w-0', { marks: { accepting: false, busy: true } });
    cluster.runtime.change('w-1', {
      marks: { accepting: false, busy: true },
      drainAsked: 'Command',
    });
    const { items } = (await json(`${BASE}/workers`)) as { items: Record<string, unknown>[] };
    expect(items).toMatchObject([
      { loadOverMean: 2, accepting: 'Steered', isAdmitting: true, publicHttpAddress },
      { load: 0, loadOverMean: 0, accepting: 'No', isAdmitting: false, publicHttpAddress: '' },
    ]);
  });

  it('shows who pulls a stream from whom, and why it is where it is', async () => {
    const part = (upstreamWorker: string, role: StreamInfo_Role): LoadReport['topStreams'] => [
      streamInfo('live/news', { role, upstreamWorker, viewers: { flv: 1 } }),
    ];
    const { ROLE_INGEST, ROLE_REPLICA } = StreamInfo_Role;
    cluster.fleet.receive(reportBytes('w-0', { topStreams: part('', ROLE_INGEST) }), 'w-0');
    cluster.fleet.receive(reportBytes('w-1', { topStreams: part('w-0', ROLE_REPLICA) }), 'w-1');
    const decision = { unixMs: 5, kind: 'Split', why: 'because', outcome: 'Done' };
    expect(await json(`${BASE}/streams/live/news`)).toMatchObject({ decision: null });
    cluster.decisions.note('live/news', decision);
    expect(await json(`${BASE}/streams/live/news`)).toMatchObject({
      decision,
      tree: [{ worker: 'w-0', role: 'ingest', pulledBy: [{ worker: 'w-1', role: 'replica' }] }],
    });
  });

  it('lets the page play from anywhere only where workers send viewers on', async () => {
    const policy = async (): Promise<string> =>
      String((await app.inject('/')).headers['content-security-policy']);
    expect(await policy()).not.toContain("connect-src 'self' http: ");
    clusters = [new TestCluster('{fixed: {}, service: {redirect: {mode: HostPorts}}}').view()];
    expect(await policy()).toContain("connect-src 'self' http: https: ws: wss:");
  });

  it('has every series from the start', async () => {
    const { body: text, headers } = await app.inject('/metrics');
    expect(headers['server-timing']).toMatch(/^held;dur=\d+\.\d{3}, own;dur=\d+\.\d{3}$/);
    for (const line of [
      'streamcluster_cluster_streams{namespace="default",cluster="test"} 1',
      'streamcluster_cluster_viewers{namespace="default",cluster="test"} 3',
      'streamcluster_workers{namespace="default",cluster="test",state="ready"} 1',
      'streamcluster_workers{namespace="default",cluster="test",state="silent"} 0',
      'streamcluster_worker_changes_total{change="hangs"} 0',
      'streamcluster_placements_total{policy="TwoChoices",reason="LessLoadedOfTwo"} 0',
      'streamcluster_reconciles_total{result="error"} 0',
      'streamcluster_nats_connected 1',
      'streamcluster_load_reports_total{result="received"} 1',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('has series per stream apart', async () => {
    const { body: text, headers } = await app.inject('/metrics/streams');
    expect(headers['server-timing']).toMatch(/^held;dur=\d+\.\d{3}, own;dur=\d+\.\d{3}$/);
    const labels = 'namespace="default",cluster="test",app="live",stream="news"';
    expect(text).toContain(`streamcluster_stream_viewers{${labels}} 3\n`);
    expect(text).toContain(`streamcluster_stream_frames_per_second{${labels}} 25\n`);
    expect(text).toContain(`streamcluster_stream_key_frame_interval_seconds{${labels}} 10\n`);
    expect(text).toContain(`streamcluster_stream_audio_ahead_seconds{${labels}} -0.003\n`);
    expect(text).toContain(`streamcluster_stream_gaps_total{${labels}} 2\n`);
    expect(text).toContain(`streamcluster_stream_steps_back_total{${labels}} 1\n`);
    expect(text).toContain('# TYPE streamcluster_stream_steps_back_total counter\n');
    expect(text.match(/^streamcluster_stream_warning\{.*$/gm)).toEqual([
      `streamcluster_stream_warning{${labels},reason="KeyFramesRare"} 1`,
    ]);
    expect(text).toContain('streamcluster_streams_not_shown 0\n');
  });

  it('serves the page and its players under a strict policy', async () => {
    const page = await app.inject({ url: '/', headers: { host: 'media.example:8088' } });
    expect(page.headers['content-type']).toContain('text/html');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain('http://media.example:8080');
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    for (const url of [
      '/app.js',
      '/css/base.css',
      '/vendor/preact.js',
      '/vendor/mpegts.js',
      '/vendor/hls.js',
    ]) {
      expect((await app.inject(url)).statusCode, url).toBe(200);
    }
  });
});

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKER_ERROR_CODES } from '../errors.ts';
import { PublisherTotals } from '../stream/publisher-totals.ts';
import { ViewerTimes } from '../stream/viewer-times.ts';
import { createAdminApp } from './admin-app.ts';
import { WorkerMetrics } from './metrics.ts';

const LOOKED_AT = {
  ...{ state: 'live', sourceKind: 'publisher' },
  viewerCounts: () => ({ flv: 1 }),
  ring: () => ({ newestDtsMs: 7, logs: [], readersTotal: 0, readers: [] }),
  picture: () => Buffer.from('FLV'),
};

describe('admin', () => {
  let server: Server;
  let base: string;
  const log = { level: 'info' };
  let fault: { code: string; message: string } | undefined;
  const zero = (): number => 0;
  const no = (): boolean => false;
  const publisherTotals = new PublisherTotals();
  const metrics = new WorkerMetrics({
    times: new ViewerTimes(),
    lags: { tick: new Float64Array(9), turn: new Float64Array(9) },
    streams: () => 3,
    publishers: zero,
    publishersWithWarnings: () => 2,
    publisherTotals,
    relays: zero,
    viewersByProtocol: () => ({ flv: 5 }),
    connections: zero,
    arenaBytes: zero,
    loopUtilization: zero,
    tickLagMs: () => 20,
    tls: () => ({
      tlsConnections: 6,
      tlsHandshakesTotal: 9,
      tlsResumedTotal: 4,
      tlsFailuresTotal: 2,
    }),
    userCertificateExpiresUnixMs: () => 1_800_000_000_000,
    bytesReceived: () => 1_000,
    bytesSent: zero,
    viewerSkips: zero,
    slowViewersClosed: zero,
    droppedFrames: zero,
    redirects: zero,
    shed: zero,
    directoryEntries: zero,
    isBusConnected: no,
    isDraining: no,
    isAdmitting: no,
    arenaReliefs: zero,
    certificateExpiresUnixMs: () => 1_700_000_000_000,
    cpu: () => ({
      cpus: [4],
      allowedCpus: [4, 12],
      memoryNodes: [1],
      numaNode: 1,
      alignment: 'aligned',
      isExclusive: true,
      loopCpu: 4,
    }),
  });

  beforeAll(async () => {
    server = await createAdminApp({
      notReady: () => fault,
      metrics,
      loop: () => ({ a: 1 }),
      objects: () => ({ b: 2 }),
      totals: () => ({ c: 3 }),
      looks: {
        stream: ({ key }) => (key === 'live/news' ? LOOKED_AT : undefined),
        maxLagSeconds: () => 5,
      },
      hasProfiles: true,
      log,
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  const get = (path: string) => fetch(base + path, { headers: { connection: 'close' } });

  it('changes what is logged', async () => {
    const put = async (level: string): Promise<number> => {
      const url = `${base}/debug/log-level?level=${level}`;
      return (await fetch(url, { method: 'PUT' })).status;
    };
    expect(await put('debug')).toBe(200);
    expect(log.level).toBe('debug');
    expect([await put('loud'), await put('')]).toEqual([400, 400]);
    expect(await (await fetch(`${base}/debug/log-level`)).json()).toEqual({ level: 'debug' });
  });

  it('is alive also when it is not ready', async () => {
    fault = { code: 'NATS_UNREACHABLE', message: 'directory not read yet' };
    expect((await get('/healthz')).status).toBe(200);
    const ready = await get('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ code: 'NATS_UNREACHABLE' });
    fault = undefined;
    expect((await get('/readyz')).status).toBe(200);
  });

  it('exposes every series from the start, and the same totals twice', async () => {
    metrics.count('STREAM_BUSY');
    metrics.count('whatever');
    publisherTotals.gaps = 5;
    publisherTotals.warned('KeyFramesFrequent');
    for (let scrape = 0; scrape < 2; scrape += 1) {
      const response = await get('/metrics');
      expect(response.headers.get('server-timing')).toMatch(
        /^held;dur=\d+\.\d{3}, own;dur=\d+\.\d{3}$/,
      );
      const text = await response.text();
      for (const code of WORKER_ERROR_CODES) expect(text).toContain(`_total{code="${code}"}`);
      expect(text).toContain('streamcluster_streams 3\n');
      expect(text).toContain('streamcluster_viewer_start_seconds_count 0\n');
      expect(text).toContain('streamcluster_tick_late_seconds_bucket{le="+Inf"} 0\n');
      expect(text).toContain('streamcluster_tick_lag_seconds 0.02\n');
      expect(text).toContain('streamcluster_received_bytes_total 1000\n');
      expect(text).toContain('streamcluster_viewers{protocol="flv"} 5\n');
      expect(text).toContain('streamcluster_viewers{protocol="hls"} 0\n');
      expect(text).toContain('streamcluster_allowed_cpus 2\n');
      expect(text).toContain('streamcluster_certificate_expiry_timestamp_seconds 1700000000\n');
      expect(text).toContain('streamcluster_tls_connections 6\n');
      expect(text).toContain('streamcluster_tls_handshakes_total 9\n');
      expect(text).toContain('streamcluster_tls_resumed_total 4\n');
      expect(text).toContain('streamcluster_tls_handshake_failures_total 2\n');
      const userEnd = 'streamcluster_user_certificate_expiry_timestamp_seconds 1800000000\n';
      expect(text).toContain(userEnd);
      expect(text).toContain('streamcluster_publishers_with_warnings 2\n');
      expect(text).toContain('streamcluster_publisher_gaps_total 5\n');
      expect(text).toContain('streamcluster_publisher_steps_back_total 0\n');
      const warned = 'streamcluster_publisher_warnings_total{condition=';
      expect(text).toContain(`${warned}"KeyFramesFrequent"} 1\n`);
      expect(text).toContain(`${warned}"TimestampsRise"} 0\n`);
      expect(text).toContain('streamcluster_loop_cpu 4\n');
      expect(text).toContain('streamcluster_numa_alignment{alignment="aligned"} 1\n');
      expect(text).toContain('streamcluster_numa_alignment{alignment="astray"} 0\n');
      expect(text).toContain('streamcluster_refusals_total{code="STREAM_BUSY"} 1\n');
      expect(text).toContain('streamcluster_refusals_total{code="INTERNAL"} 1\n');
    }
  });

  it('shows its loop and objects, and nothing else', async () => {
    expect(await (await get('/debug/loop')).json()).toEqual({ a: 1 });
    expect(await (await get('/debug/objects')).json()).toEqual({ b: 2 });
    expect(await (await get('/debug/totals')).json()).toEqual({ c: 3 });
    const other = await get('/other');
    expect([other.status, await other.json()]).toEqual([
      404,
      { code: 'STREAM_NOT_FOUND', message: 'no such path' },
    ]);
  });

  it('shows the ring and the newest picture of streams that are here', async () => {
    const ring = await get('/debug/streams/live/news/ring');
    expect(await ring.json()).toEqual({
      ...{ state: 'live', source: 'publisher', maxLagMs: 5_000, viewers: { flv: 1 } },
      ...{ newestDtsMs: 7, logs: [], readersTotal: 0, readers: [] },
    });
    const picture = await get('/debug/streams/live/news/picture.flv');
    expect(picture.headers.get('content-type')).toBe('video/x-flv');
    expect(await picture.text()).toBe('FLV');
    for (const [path, status, code] of [
      ['live/other/ring', 404, 'STREAM_NOT_FOUND'],
      ['live/other/picture.flv', 404, 'STREAM_NOT_FOUND'],
      ['live/..%2Fnews/ring', 400, 'STREAM_NAME_INVALID'],
    ] as const) {
      const refused = await get(`/debug/streams/${path}`);
      expect([refused.status, await refused.json()]).toMatchObject([status, { code }]);
    }
  });

  it('takes one profile at a time, of a bounded length', async () => {
    const first = get('/debug/profile?seconds=0.5');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const second = await get('/debug/profile?seconds=1');
    expect([second.status, await second.json()]).toMatchObject([409, { code: 'PROFILE_BUSY' }]);
    const taken = await first;
    expect(taken.headers.get('content-disposition')).toContain('worker.cpuprofile');
    const { nodes, samples } = (await taken.json()) as { nodes: unknown[]; samples: unknown[] };
    expect(nodes.length).toBeGreaterThan(1);
    expect(samples.length).toBeGreaterThan(10);
    for (const seconds of ['0', '-1', '61', 'long', '']) {
      const refused = await get(`/debug/profile?seconds=${seconds}`);
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { code: 'PROFILE_INVALID' },
      ]);
    }
  });

  it('takes none where nobody asked for it', async () => {
    const off = await createAdminApp({
      notReady: () => undefined,
      metrics,
      loop: () => ({}),
      objects: () => ({}),
      totals: () => ({}),
      looks: { stream: () => undefined, maxLagSeconds: () => 5 },
      hasProfiles: false,
      log: { level: 'info' },
    });
    off.listen(0, '127.0.0.1');
    await once(off, 'listening');
    const { port } = off.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/debug/profile?seconds=0.1`, {
      headers: { connection: 'close' },
    });
    expect(answer.status).toBe(404);
    off.close();
  });
});

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../run.ts';
import { FakeApi } from '../testing/fake-api.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { unpack } from '../testing/unpack.ts';
import { buildWorld, CLUSTERS, PODS, PROXY, streamCluster, workerPod } from '../testing/world.ts';

const SECRET = 'Tr0ub4dor-and-3';
const LIVE = `${PROXY}/api/v1/clusters/media/live`;

describe('report', () => {
  let api: FakeApi;
  let io: MemoryIo;
  let folder: string;

  beforeEach(async () => {
    api = await FakeApi.start();
    buildWorld(api);
    io = new MemoryIo();
    folder = mkdtempSync(path.join(tmpdir(), 'streamcluster-report-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await api.close();
  });

  function call(...args: string[]): Promise<number> {
    return run(['report', ...args, '--kubeconfig', api.kubeconfig], io);
  }

  /** Secrets wherever users put them. */
  function hideSecrets(): void {
    const pod = workerPod('live-0-1', {
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': SECRET },
    });
    const env = [
      { name: 'SC_NATS', value: `nats://worker:${SECRET}@nats:4222` },
      { name: 'HOOK_TOKEN', value: SECRET },
    ];
    const containers = [{ name: 'worker', image: 'w', env, args: [`--api-key=${SECRET}`] }];
    api.list(PODS, [{ ...pod, spec: { nodeName: 'node-a', containers } }]);
    const spec = { nats: { url: `nats://${SECRET}@nats:4222` } };
    api.answer(`${CLUSTERS}/live`, streamCluster('live', { spec }));
    api.answer(`${LIVE}/streams`, {
      items: [{ name: 'live/news', streamKey: SECRET, url: `rtmp://a/live/news?k=${SECRET}` }],
    });
    api.answer(LIVE, { spec, status: {}, events: [{ message: `password: ${SECRET}` }] });
    api.answer(`${PROXY}/metrics`, `up{url="nats://u:${SECRET}@nats"} 1\n`);
    api.answer(
      `${PODS}/live-0-1/log`,
      [
        `2026-11-25T12:00:00Z {"level":30,"msg":"opened","url":"/live/news.flv?token=${SECRET}","peer":"203.0.113.9"}`,
        `2026-11-25T12:00:01Z {"level":30,"msg":"x","session":{"password":"${SECRET}"}}`,
        `Authorization: Bearer ${SECRET}`,
        `-----BEGIN PRIVATE KEY-----`,
        SECRET,
        `-----END PRIVATE KEY-----`,
        'goes on',
      ].join('\n'),
    );
    api.refuse(`${LIVE}/rebalance`, 500, `failed with token=${SECRET}`);
  }

  it('lets no secret into any file, nor into what it says', async () => {
    hideSecrets();
    expect(await call('-f', '-')).toBe(0);
    const files = await unpack(io.bytes);
    expect([...files.keys()]).toEqual(
      expect.arrayContaining([
        'streamcluster.json',
        'pods.json',
        'api/streams.json',
        'api/metrics.txt',
        'logs/workers/live-0-1.log',
        'manifest.json',
      ]),
    );
    for (const [name, content] of files)
      expect([name, content.includes(SECRET)]).toEqual([name, false]);
    expect(io.errors).not.toContain(SECRET);
    expect(files.get('logs/workers/live-0-1.log')).toContain('goes on');
    expect(files.get('logs/workers/live-0-1.log')).toContain('203.0.113.9');
    expect(files.get('pods.json')).toContain('nats://REDACTED@nats:4222');
  });

  it('asks for no Secret', async () => {
    await call('-f', '-');
    expect(api.seen.filter(({ path: asked }) => asked.includes('/secrets'))).toEqual([]);
  });

  it('takes out addresses when asked to', async () => {
    hideSecrets();
    expect(await call('-f', '-', '--redact-addresses')).toBe(0);
    const log = (await unpack(io.bytes)).get('logs/workers/live-0-1.log');
    expect(log).not.toContain('203.0.113.9');
    expect(log).toContain('address-1');
  });

  it('writes what can be had, and says what is missing', async () => {
    const file = path.join(folder, 'report.tar.gz');
    expect(await call('--file', file)).toBe(0);
    expect(io.text).toMatch(/report\.tar\.gz \(9 files, \d+ KiB\)/);
    expect(io.errors).toContain('without services.json: ');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const manifest = (await unpack(readFileSync(file))).get('manifest.json') ?? '';
    expect(JSON.parse(manifest)).toMatchObject({
      cluster: 'live',
      gaps: expect.arrayContaining([
        { path: 'services.json', reason: expect.stringContaining('not found') as string },
      ]) as object[],
    });
  });

  it('asks for the end of each log, and for the one before a restart', async () => {
    await call('-f', '-', '--log-lines', '77');
    const asked = api.seen.filter(({ path: one }) => one === `${PODS}/live-0-1/log`);
    expect(asked.map(({ query }) => [query.tailLines, query.previous])).toEqual([
      ['77', undefined],
      ['77', 'true'],
    ]);
  });

  it('overwrites nothing', async () => {
    const file = path.join(folder, 'report.tar.gz');
    expect(await call('--file', file)).toBe(0);
    expect(await call('--file', file)).toBe(1);
    expect(io.errors).toMatch(/was not written: it is there already \(FILE_NOT_WRITTEN\)/);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../run.ts';
import { FakeApi } from '../testing/fake-api.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { buildWorld, CLUSTERS, PODS, PROXY, streamCluster, workerPod } from '../testing/world.ts';

describe('commands that look', () => {
  let api: FakeApi;
  let io: MemoryIo;

  beforeEach(async () => {
    api = await FakeApi.start();
    buildWorld(api);
    io = new MemoryIo();
  });
  afterEach(() => api.close());

  function call(...args: string[]): Promise<number> {
    return run([...args, '--kubeconfig', api.kubeconfig], io);
  }

  async function json(...args: string[]): Promise<unknown> {
    expect(await call(...args, '-o', 'json')).toBe(0);
    return JSON.parse(io.text);
  }

  it('show a StreamCluster in full, by its name or as the only one', async () => {
    expect(await call('status')).toBe(0);
    expect(io.errors).toBe('');
    for (const line of [
      'StreamCluster:   media/live',
      'Phase:           Ready, 2 of 2 workers ready',
      'Streams:         2, 10,412 viewers',
      'Operator:        sys/sc-operator',
      '  Ready   True     150m    AllReady   2 of 2 workers are ready',
      '  150m   Normal   WorkerCreated   StreamCluster/live   worker live-0-1 was created',
    ]) {
      expect(io.text.split('\n')).toContain(line);
    }
    const first = io.text;
    io.chunks.length = 0;
    await call('status', 'live');
    expect(io.text).toBe(first);
  });

  it('show several StreamClusters as a list, and ask for a name where one is needed', async () => {
    api.list(CLUSTERS, [
      streamCluster(),
      streamCluster('radio', { status: { phase: 'Degraded' } }),
    ]);
    expect(await call('status')).toBe(0);
    expect(io.text).toMatch(/^media {7}radio {3}Degraded {5}-\/- /m);
    expect(await call('rebalance')).toBe(2);
    expect(io.errors).toBe('error: there are 2 StreamClusters (live, radio): name one (USAGE)\n');
  });

  it('show workers with what both servers know', async () => {
    api.list(PODS, [
      workerPod('live-10-1', { status: { phase: 'Pending' } }),
      workerPod('live-0-1', { annotations: { 'streamcluster.dev/drain': 'Command' } }),
    ]);
    expect(await call('workers')).toBe(0);
    const [head, ...lines] = io.text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(head).toContain('NUMA');
    expect(lines.map(([name, state, node]) => [name, state, node])).toEqual([
      ['live-0-1', 'ready, drain asked (Command)', 'node-a'],
      ['live-1-1', 'ready', 'node-b'],
      ['live-10-1', 'starting', 'node-a'],
    ]);
  });

  it('show streams, page after page', async () => {
    const [first] = (
      api.answers.get(`${PROXY}/api/v1/clusters/media/live/streams`) as {
        items: object[];
      }
    ).items;
    api.answer(`${PROXY}/api/v1/clusters/media/live/streams`, {
      items: [first],
      total: 9,
      continue: 'abc',
    });
    expect(await call('streams', '--limit', '3')).toBe(0);
    expect(io.text.split('\n')).toHaveLength(5);
    expect(io.errors).toBe('6 streams more: raise --limit.\n');
    const asked = api.seen.filter(({ path }) => path.endsWith('/streams'));
    expect(asked.map(({ query }) => query)).toEqual([
      { limit: '3' },
      { limit: '2', continue: 'abc' },
      { limit: '1', continue: 'abc' },
    ]);
  });

  it('show what is wrong with how a stream is sent', async () => {
    expect(await call('streams')).toBe(0);
    const [head, news, sport] = io.text.split('\n');
    expect(head).toMatch(/ WARNINGS$/);
    expect(news).toMatch(/ KeyFramesRare$/);
    expect(sport).toMatch(/ -$/);
    io.chunks.length = 0;
    expect(await call('stream', 'live/news')).toBe(0);
    for (const line of [
      'Publisher:       25.0 pictures a second, a key frame every 10.0 s, audio 3 ms behind, 1 gap, 0 steps back',
      'KeyFramesFrequent   False    150m    KeyFramesRare   key frame every 10 s: viewers start late',
      'Sending             True     150m    AsExpected',
    ]) {
      expect(io.text.split('\n')).toContain(line);
    }
  });

  it('show one stream with who pulls it from whom, and why', async () => {
    expect(await call('stream', 'live/news')).toBe(0);
    const tree = ['live-1-1  ingest, 0 viewers', '  live-0-1  home, 12 viewers'];
    for (const line of [
      'Home:            live-0-1',
      'Last decision:   Move, Done, 150m ago: home from live-1-1 to live-0-1',
      ...[...tree, '    live-2-1  relay, 7 viewers'],
    ]) {
      expect(io.text.split('\n')).toContain(line);
    }
  });

  it('show what rebalancing did, and how a plan of a dry run is approved', async () => {
    expect(await call('rebalance')).toBe(0);
    for (const line of [
      'Load:            busiest worker 60%, mean 40% (1.50 x)',
      'Newcomers:       kept from live-0-1',
      'Plan:            0a1b2c3d, 150m ago: 1 home moved',
      'live/news   Move     live-0-1 -> live-1-1   1 -> 1    Done      home from live-0-1 to live-1-1',
      '0a1b2c3d   150m    1/1   1.50 -> 1.25   1 home moved',
    ]) {
      expect(io.text.split('\n')).toContain(line);
    }
    expect(io.text).not.toContain('annotate');
    const path = `${PROXY}/api/v1/clusters/media/live/rebalance`;
    api.answer(path, { ...(api.answers.get(path) as object), mode: 'DryRun' });
    await call('rebalance');
    expect(io.text).toContain(
      'kubectl -n media annotate --overwrite streamcluster live streamcluster.dev/approve-rebalance=0a1b2c3d',
    );
  });

  it('give the same JSON for one and for many', async () => {
    expect(await json('status')).toMatchObject({
      items: [{ name: 'live', operator: { isReachable: true }, workers: [{}, {}], events: [{}] }],
    });
    io.chunks.length = 0;
    expect(await json('streams', 'live')).toMatchObject({
      items: [{ name: 'live/news', namespace: 'media', cluster: 'live', viewers: 5206 }, {}],
    });
    io.chunks.length = 0;
    expect(await json('workers')).toMatchObject({
      items: [{ name: 'live-0-1', state: 'ready', restarts: 1, report: { loopCpu: 3 } }, {}],
    });
    io.chunks.length = 0;
    expect(await json('rebalance')).toMatchObject({
      cluster: 'live',
      plan: { changes: [{ stream: 'live/news' }] },
    });
    io.chunks.length = 0;
    expect(await json('stream', 'live/news')).toMatchObject({ cluster: 'live', epoch: 4 });
    io.chunks.length = 0;
    expect(await json('version')).toMatchObject({
      apiServer: 'v1.34.4',
      workers: ['worker:0.1.0'],
    });
  });

  it('have colours only where someone looks', async () => {
    await call('workers');
    expect(io.text).not.toContain('\u001b');
    io = new MemoryIo(true);
    await call('workers');
    expect(io.text).toContain('\u001b[32mready\u001b[39m');
  });

  it('let names of streams steer no terminal', async () => {
    api.answer(`${PROXY}/api/v1/clusters/media/live/streams`, {
      items: [{ name: 'live/\u001b[2Jx', home: '\u001b]0;x' }],
    });
    await call('streams');
    expect(io.text).not.toContain('\u001b');
  });

  it('go through the API server with the user’s own credentials, and only read', async () => {
    for (const args of [['status'], ['streams'], ['workers'], ['rebalance'], ['version']]) {
      expect(await call(...args)).toBe(0);
    }
    expect(api.seen.length).toBeGreaterThan(10);
    for (const { method, authorization } of api.seen) {
      expect([method, authorization]).toEqual(['GET', 'Bearer users-own-token']);
    }
  });

  describe('with the operator away', () => {
    beforeEach(() => {
      for (const path of [...api.answers.keys()]) {
        if (path.startsWith(PROXY)) api.refuse(path, 503, 'no endpoints available for service');
      }
    });

    it('show what the API server knows, and fail', async () => {
      expect(await call('status')).toBe(1);
      expect(io.text).toContain('Streams:         2, 10,412 viewers');
      expect(io.text).toMatch(/Operator: {8}not reached \(.*no endpoints available/);
      expect(io.text).toMatch(/live-0-1 {3}ready {3}node-a {6}- /);
      expect(io.errors).toBe(
        'error: the operator sys/sc-operator cannot be reached: no endpoints available for service (OPERATOR_UNREACHABLE)\n',
      );
    });

    it('say how many streams there were', async () => {
      expect(await call('streams')).toBe(1);
      expect(io.text).toBe('');
      expect(io.errors).toContain('2 streams and 10,412 viewers, as its status says');
    });
  });

  it.each<[string, (api: FakeApi) => void, RegExp]>([
    ['no operator', (here) => here.list('/api/v1/services', []), /no operator in any namespace/],
    [
      'several operators',
      (here) => {
        const named = (name: string) => ({ metadata: { name, namespace: 'sys' } });
        here.list('/api/v1/services', [named('a'), named('b')]);
      },
      /several operators \(sys\/a, sys\/b\): choose one/,
    ],
    [
      'Services that may not be listed',
      (here) => here.refuse('/api/v1/services', 403, 'forbidden'),
      /name it with --operator-namespace and --operator-service/,
    ],
    [
      'a proxy that may not be used',
      (here) => here.refuse(`${PROXY}/api/v1/clusters/media/live/rebalance`, 403, 'forbidden'),
      /the right to get services\/proxy of sys\/sc-operator/,
    ],
    [
      'an operator that does not watch the namespace',
      (here) =>
        here.answer(`${PROXY}/api/v1/clusters/media/live/rebalance`, {
          status: 404,
          body: { code: 'NOT_FOUND', detail: 'there is no such thing: cluster media/live' },
        }),
      /the operator says: there is no such thing: cluster media\/live \(NOT_FOUND\)/,
    ],
    [
      'another program behind the Service',
      (here) => here.answer(`${PROXY}/api/v1/clusters/media/live/rebalance`, '<html>'),
      /answers .* with no JSON: is it the operator\?/,
    ],
    [
      'a namespace without any',
      (here) => here.list(CLUSTERS, []),
      /no StreamCluster in namespace "media"/,
    ],
    [
      'credentials that are not accepted',
      (here) => here.refuse(CLUSTERS, 401, 'Unauthorized'),
      /does not accept the credentials .*API_REFUSED/,
    ],
    [
      'a cluster without Streamcluster',
      (here) => here.answer(CLUSTERS, { status: 404, body: '404 page not found' }),
      /is Streamcluster installed\?/,
    ],
  ])('tell of %s in one sentence', async (_what, change, message) => {
    change(api);
    expect(await call('rebalance')).toBe(1);
    expect(io.errors).toMatch(message);
    expect(io.errors.trimEnd().split('\n')).toHaveLength(1);
  });

  it('tell of an API server that is not there', async () => {
    await api.stop();
    expect(await call('status')).toBe(1);
    expect(io.errors).toMatch(
      /^error: the API server http:.* does not answer: .*API_UNREACHABLE\)\n$/,
    );
  });

  it('tell of a kubeconfig that is not there', async () => {
    expect(await run(['status', '--kubeconfig', '/nowhere'], io)).toBe(1);
    expect(io.errors).toMatch(/^error: the kubeconfig cannot be read: .*KUBECONFIG_INVALID/);
  });

  it.each([
    [['status', '-A', '-n', 'x'], /cannot be used with/],
    [['status', 'a', '-A'], /not with -A/],
    [['status', '--context', 'other'], /no context "other"; there are: ctx/],
    [['status', '-o', 'yaml'], /Allowed choices are table, json/],
    [['streams', '--limit', '0'], /whole number from 1/],
    [['stream', 'live'], /name the stream as APP\/NAME/],
    [['dran', 'x'], /unknown command/],
    [['drain'], /missing required argument/],
  ])('answer %j with how it is meant, and 2', async (args, message) => {
    expect(await call(...args)).toBe(2);
    expect(io.errors).toMatch(message);
    expect(io.text).toBe('');
  });
});

import type { FakeApi } from './fake-api.ts';

const AGO = '2026-11-25T09:30:00Z';
export const PROXY = '/api/v1/namespaces/sys/services/http:sc-operator:http/proxy';
export const CLUSTERS = '/apis/streamcluster.dev/v1alpha1/namespaces/media/streamclusters';
export const PODS = '/api/v1/namespaces/media/pods';
const LIVE = `${PROXY}/api/v1/clusters/media/live`;

export function streamCluster(name = 'live', more: object = {}): object {
  return {
    metadata: { name, namespace: 'media', uid: 'u-0', generation: 3, creationTimestamp: AGO },
    spec: { fixed: { replicas: 2 } },
    status: {
      ...{ observedGeneration: 3, phase: 'Ready', desiredReplicas: 2, replicas: 2 },
      ...{ readyReplicas: 2, draining: 0, streams: 2, viewers: 10412, maxLoad: '1.18' },
      conditions: [
        {
          ...{ type: 'Ready', status: 'True', reason: 'AllReady' },
          ...{ message: '2 of 2 workers are ready', lastTransitionTime: AGO },
        },
      ],
    },
    ...more,
  };
}

export function workerPod(
  name: string,
  more: { annotations?: object; status?: object } = {},
): object {
  return {
    metadata: {
      ...{ name, namespace: 'media', uid: `uid-${name}`, creationTimestamp: AGO },
      labels: {
        'streamcluster.dev/cluster': 'live',
        'app.kubernetes.io/name': 'streamcluster-worker',
      },
      annotations: more.annotations ?? {},
    },
    spec: { nodeName: 'node-a', containers: [{ name: 'worker', image: 'worker:0.1.0' }] },
    status: more.status ?? {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'worker', restartCount: 1 }],
    },
  };
}

export function workerItem(id: string, more: object = {}): object {
  return {
    ...{ id, state: 'ready', slot: 0, node: 'node-a', isOutdated: false, drainAsked: '' },
    ...{ cpus: [3], allowedCpus: [3], loopCpu: 3, numaNode: 0, numaAlignment: 'aligned' },
    ...{ loopUtilization: 0.42, loadOverMean: 1.18, streams: 2, publishers: 1, viewers: 5206 },
    ...{ bytesOutPerSecond: 125_000_000, rssBytes: 312 * 1024 * 1024 },
    ...more,
  };
}

function stream(name: string, more: object = {}): object {
  return {
    ...{ name, state: 'live', home: 'live-0-1', ingest: 'live-1-1', replicas: [] },
    ...{ viewers: 5206, bitsPerSecond: 2_100_000, startedUnixMs: Date.parse(AGO) },
    tracks: [
      { kind: 'video', codec: 'avc1.64001f', width: 1280, height: 720 },
      { kind: 'audio', codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 },
    ],
    ...more,
  };
}

function sessionItem(id: string): object {
  return {
    ...{ id, stream: 'live/news', action: 'play', protocol: 'hls', address: '192.0.2.1' },
    ...{ userAgent: 'vlc \u001b[2J', startedUnixMs: Date.parse(AGO), bytes: 5 * 1024 * 1024 },
    ...{ areBytesEstimated: true, skips: 0, subject: '', traceId: '', workers: ['live-0-1'] },
  };
}

/** A StreamCluster of two workers, an operator that knows it, two streams. */
export function buildWorld(api: FakeApi): void {
  const service = { metadata: { name: 'sc-operator', namespace: 'sys' }, spec: { ports: [] } };
  api.list('/api/v1/services', [service]);
  api.list(CLUSTERS, [streamCluster()]);
  api.answer(`${CLUSTERS}/live`, streamCluster());
  api.list(PODS, [workerPod('live-0-1'), workerPod('live-1-1')]);
  for (const name of ['live-0-1', 'live-1-1']) api.answer(`${PODS}/${name}`, workerPod(name));
  api.list('/api/v1/namespaces/media/events', [
    {
      ...{ metadata: { name: 'e' }, type: 'Normal', reason: 'WorkerCreated', count: 1 },
      ...{ message: 'worker live-0-1 was created', lastTimestamp: AGO },
      involvedObject: { kind: 'StreamCluster', name: 'live' },
    },
  ]);
  api.list(`${LIVE}/workers`, [workerItem('live-0-1'), workerItem('live-1-1', { node: 'node-b' })]);
  api.answer(`${LIVE}/streams`, {
    items: [
      stream('live/news', RARE_KEY_FRAMES),
      stream('live/sport', { state: 'waiting', replicas: ['live-1-1'] }),
    ],
    total: 2,
  });
  api.answer(`${LIVE}/rebalance`, plan());
  const both = [sessionItem('AAAABBBBCCCCDDDD'), sessionItem('BAAABBBBCCCCDDDD')];
  api.answer(`${LIVE}/sessions`, { items: both, total: 2, unreached: [] });
  api.answer(`${LIVE}/streams/live/news/sessions`, {
    ...{ items: both.slice(0, 1), total: 3, page: 'AAAABBBBCCCCDDDD', unreached: ['live-1-1'] },
  });
  api.answer(`${LIVE}/streams/live/news/sessions/AAAABBBBCCCCDDDD`, {
    ...{ id: 'AAAABBBBCCCCDDDD', stream: 'live/news', workers: ['live-0-1'], unreached: [] },
    ban: { address: '192.0.2.1', userAgent: 'vlc', subject: '', untilUnixMs: 1 },
  });
  api.answer(`${LIVE}/streams/live/news`, detail());
  api.answer('/version', { gitVersion: 'v1.34.4' });
  api.list('/api/v1/namespaces/sys/pods', [
    {
      metadata: { name: 'sc-operator-x', namespace: 'sys' },
      spec: { containers: [{ name: 'operator', image: 'operator:0.1.0' }] },
    },
  ]);
}

function plan(): object {
  const change = {
    ...{
      stream: 'live/news',
      kind: 'Move',
      outcome: 'Done',
      why: 'home from live-0-1 to live-1-1',
    },
    home: { before: 'live-0-1', after: 'live-1-1' },
    replicas: { before: [], after: [] },
  };
  const made = {
    ...{ id: '0a1b2c3d', unixMs: Date.parse(AGO), reason: 'Planned' },
    message: 'what is planned brings the busiest worker within bounds',
    before: { maxLoad: 0.6, meanLoad: 0.4, maxOverMean: 1.5 },
    after: { maxLoad: 0.5, meanLoad: 0.4, maxOverMean: 1.25 },
    ...{ summary: '1 home moved', done: 1, total: 1, changes: [change] },
  };
  return {
    ...{ mode: 'Auto', viewers: 'Service', maxImbalance: 1.25, maxMovesPercent: 2 },
    ...{ isFrozen: false, plan: made, running: [], steeredOff: ['live-0-1'], recent: [made] },
  };
}

/** How a publisher sends who has a key frame every ten seconds. */
const RARE_KEY_FRAMES = {
  health: { framesPerSecond: 25, keyIntervalMs: 10_000, driftMs: -3, gaps: 1, stepsBack: 0 },
  conditions: [
    {
      ...{ type: 'KeyFramesFrequent', status: 'False', reason: 'KeyFramesRare' },
      message: 'key frame every 10 s: viewers start late',
      lastTransitionTime: AGO,
    },
    {
      ...{ type: 'Sending', status: 'True', reason: 'AsExpected', message: '' },
      lastTransitionTime: AGO,
    },
  ],
};

function detail(): object {
  const below = { worker: 'live-2-1', role: 'relay', viewers: 7, pulledBy: [] };
  const home = { worker: 'live-0-1', role: 'home', viewers: 12, pulledBy: [below] };
  return stream('live/news', {
    ...RARE_KEY_FRAMES,
    epoch: 4,
    tree: [{ worker: 'live-1-1', role: 'ingest', viewers: 0, pulledBy: [home] }],
    decision: {
      ...{ unixMs: Date.parse(AGO), kind: 'Move', outcome: 'Done' },
      why: 'home from live-1-1 to live-0-1',
    },
  });
}

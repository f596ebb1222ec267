import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { publish, Recorder } from '../src/clients/ffmpeg.ts';
import { publishMany } from '../src/clients/load-generator.ts';
import { PatientFlv, unionOf } from '../src/clients/patient-flv.ts';
import { compareVideo } from '../src/content/compare.ts';
import { isVideo } from '../src/content/flv-tags.ts';
import { fixture, type Fixture } from '../src/content/fixture.ts';
import type { Child } from '../src/harness/child.ts';
import { scratchFolder } from '../src/harness/paths.ts';
import { Installation, SYSTEM, type Pod } from './harness/installation.ts';
import { PatientPublisher } from './harness/patient-publisher.ts';

const READY_MS = 60_000;
const UP_MS = 15_000;
const STREAM = 'live/news';
const WORKER = { cpus: '20m', memory: '256Mi', pinning: 'None' };
const DRAIN = { deadlineSeconds: 12, publisherGraceSeconds: 4, lingerSeconds: 3 };
const LONG = { seconds: 100, size: '320x180', videoBitsPerSecond: 300_000 };

/** Kubelets of a cluster that is only given are not ours to stop. */
const IS_OURS = process.env['SC_E2E_KUBECONFIG'] === undefined;

let installation: Installation;
let source: Fixture;

beforeAll(async () => {
  source = await fixture(LONG);
  installation = await Installation.start({ pinned: false });
});
afterAll(() => installation.stop());

/** What a test leaves behind, also when it fails: the next ones must not suffer. */
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

beforeEach(({ onTestFailed, task }) => {
  onTestFailed(async () => console.log(task.name, await installation.describe('live')));
});

test('workers follow the number of streams, and viewers lose nothing', async () => {
  await installation.apply('live', {
    autoscaling: {
      ...{ minReplicas: 1, maxReplicas: 10, streamsPerWorker: 10, bufferStreams: 5 },
      scaleDownStabilizationSeconds: 10,
    },
    worker: WORKER,
    drain: DRAIN,
  });
  await installation.ready('live', 1, READY_MS);
  const host = await installation.address('live');
  const publisher = publish(source.file, `rtmp://${host}:1935/${STREAM}`);
  const few = await many(host, 'few', 4);
  await installation.until('5 streams', 20_000, async () => (await streams()) === 5);
  await installation.ready('live', 1, 10_000);

  const startMs = performance.now();
  const more = await many(host, 'more', 55);
  const publishedMs = performance.now() - startMs;
  const upMs = await installation.ready('live', 7, 60_000);
  console.log(
    `5 to 60 streams: published after ${publishedMs.toFixed(0)} ms, 7 workers ready ${upMs.toFixed(0)} ms later`,
  );
  expect(upMs).toBeLessThan(UP_MS);

  const folder = scratchFolder('autoscale');
  const flv = Array.from({ length: 10 }, () => new PatientFlv(viewerOf(host)));
  const hls = [0, 1].map(() => new Recorder(`http://${host}:8080/${STREAM}.m3u8`, folder));
  await installation.until('viewers', 30_000, async () => ((await status()).viewers ?? 0) >= 10);
  await more.stop();
  const downMs = await installation.ready('live', 1, 90_000);
  console.log(`60 to 5 streams: 1 worker after ${(downMs / 1000).toFixed(1)} s`);

  await publisher.success(180_000);
  const recordings = await Promise.all(hls.map((player) => player.finished(60_000)));
  for (const { video } of recordings) {
    const { count } = compareVideo(source, video, { toTheEnd: true, atLeast: 500 });
    console.log(`HLS viewer: ${count} pictures, none missing, none twice`);
  }
  for (const viewer of flv) await viewer.close();
  const unions = flv.map((viewer) => unionOf(source, viewer));
  const reconnects = flv.map((viewer) => viewer.reconnects);
  console.log(`FLV viewers: reconnects ${reconnects.join(', ')}; unions whole`);
  expect(Math.max(...reconnects)).toBeLessThanOrEqual(1);
  expect(reconnects.some((count) => count === 1)).toBe(true);
  for (const { video } of unions)
    expect(video.first + video.count).toBe(source.tags.filter(isVideo).length);
  await few.stop();
  await installation.remove('live');
});

test('kubectl drain of a node ends in time; each publisher connects again once', async () => {
  await installation.apply('live', { fixed: { replicas: 4 }, worker: WORKER, drain: DRAIN });
  await installation.ready('live', 4, READY_MS);
  const publishers = await publishEverywhere(8);
  const node = await nodeWithoutNats();
  cleanups.push(async () => await installation.cluster.kubectl('uncordon', node));
  const startMs = performance.now();
  await installation.cluster.kubectl(
    ...['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s'],
  );
  const drainedMs = performance.now() - startMs;
  await installation.ready('live', 4, 30_000);
  const counts = publishers.map(({ connections }) => connections - 1);
  console.log(
    `kubectl drain ${node}: ${(drainedMs / 1000).toFixed(1)} s; reconnects ${counts.join(', ')}`,
  );
  expect(drainedMs).toBeLessThan((DRAIN.deadlineSeconds + 10) * 1000);
  expect(Math.max(...counts)).toBe(1);
  expect((await installation.pods('live')).every(({ spec }) => spec.nodeName !== node)).toBe(true);
});

test('a rolling update ends in time with every worker busy', async () => {
  await installation.ready('live', 4, READY_MS);
  const publishers = await publishEverywhere(8);
  const before = new Set((await installation.pods('live')).map(({ metadata }) => metadata.uid));
  const startMs = performance.now();
  const worker = { ...WORKER, memory: '260Mi' };
  await installation.apply('live', { fixed: { replicas: 4 }, worker, drain: DRAIN });
  await installation.until('all replaced', 120_000, async () => {
    const { updatedReplicas, draining, readyReplicas } = await status();
    const pods = await installation.pods('live');
    const areNew = pods.every(({ metadata }) => !before.has(metadata.uid));
    return updatedReplicas === 4 && readyReplicas === 4 && draining === 0 && areNew;
  });
  const updatedMs = performance.now() - startMs;
  const counts = publishers.map(({ connections }) => connections - 1);
  console.log(
    `rolling update of 4: ${(updatedMs / 1000).toFixed(1)} s; reconnects ${counts.join(', ')}`,
  );
  expect(counts).toEqual(publishers.map(() => 1));
  // The one that was drained has them back, and the other keeps its share.
  const nodes = (await installation.pods('live')).map(({ spec }) => spec.nodeName ?? '');
  console.log(`rolling update of 4: on ${nodes.sort().join(', ')}`);
  expect(new Set(nodes).size).toBe(2);
});

test.runIf(IS_OURS)('a node whose kubelet is dead costs no worker', async () => {
  await installation.ready('live', 4, READY_MS);
  const pods = await installation.pods('live');
  const name = await nodeWithoutNats();
  const node = installation.nodes.find((one) => one.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  const lost = pods.filter(({ spec }) => spec.nodeName === node.name);
  const startMs = performance.now();
  cleanups.push(() => {
    node.startKubelet();
    return Promise.resolve();
  });
  await node.stopKubelet();
  await installation.until('replaced', 180_000, async () => {
    const pods = await installation.pods('live');
    const ready = pods.filter(({ spec }) => spec.nodeName !== node.name).filter(isReady);
    return ready.length === 4;
  });
  const replacedMs = performance.now() - startMs;
  console.log(
    `dead kubelet: ${lost.length} workers replaced after ${(replacedMs / 1000).toFixed(1)} s`,
  );
  node.startKubelet();
  await installation.ready('live', 4, 120_000);
});

test('kubectl scale and an HPA work on a fixed number, and apply keeps it', async () => {
  const { cluster } = installation;
  await cluster.kubectl('scale', 'streamcluster/live', '--replicas=2');
  await installation.ready('live', 2, READY_MS);
  const hpa = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'live' },
    spec: {
      scaleTargetRef: {
        apiVersion: 'streamcluster.dev/v1alpha1',
        kind: 'StreamCluster',
        name: 'live',
      },
      ...{ minReplicas: 3, maxReplicas: 5 },
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
    },
  };
  await cluster.kubectlWith(JSON.stringify(hpa), 'apply', '-f', '-');
  await installation.ready('live', 3, READY_MS);
  await cluster.kubectl('delete', 'hpa', 'live');
});

test('the operator is killed and replaced: no worker restarts, one leads', async () => {
  const { cluster } = installation;
  const before = await installation.incarnations('live');
  const killed = await cluster.kubectl(
    ...['get', 'lease', 'sc-operator', '-n', SYSTEM, '-o', 'jsonpath={.spec.holderIdentity}'],
  );
  const pod = killed.split('_')[0] ?? '';
  await cluster.kubectl('delete', 'pod', pod, '-n', SYSTEM, '--wait=false');
  const startMs = performance.now();
  await installation.until('another leads', 30_000, async () => {
    const now = await cluster.kubectl(
      ...['get', 'lease', 'sc-operator', '-n', SYSTEM, '-o', 'jsonpath={.spec.holderIdentity}'],
    );
    return now !== '' && now !== killed;
  });
  const ledMs = performance.now() - startMs;
  // Publishers are taken meanwhile, wherever their homes are drawn.
  const host = await installation.address('live');
  const taken = await publishMany({ host, port: 1935, app: 'meanwhile', count: 5, seconds: 60 });
  await taken.stop();
  console.log(`operators: another led ${ledMs.toFixed(0)} ms after a clean stop`);
  await cluster.kubectl('rollout', 'restart', 'deployment/sc-operator', '-n', SYSTEM);
  await cluster.kubectl(
    'rollout',
    'status',
    'deployment/sc-operator',
    '-n',
    SYSTEM,
    '--timeout=120s',
  );
  await sleep(10_000);
  expect(await installation.incarnations('live')).toEqual(before);
});

test('uninstalling leaves the StreamClusters, and their workers go on', async () => {
  const before = await installation.incarnations('live');
  const host = await installation.address('live');
  const short = await fixture();
  const folder = scratchFolder('uninstalled');
  // Of the tests before: their streams last for the publisher's grace.
  await installation.until('no stream', 60_000, async () => (await streams()) === 0);
  const publisher = publish(short.file, `rtmp://${host}:1935/${STREAM}`);
  await installation.until('published', 20_000, async () => (await streams()) === 1);
  const urls = [`http://${host}:8080/${STREAM}.flv`, `rtmp://${host}:1935/${STREAM}`];
  const players = urls.map((url) => new Recorder(url, folder));
  await installation.until('watched', 20_000, async () => ((await status()).viewers ?? 0) >= 2);
  // Operators and their NATS are gone after this.
  await installation.cluster.helm('uninstall', 'sc', '-n', SYSTEM, '--wait');
  await installation.cluster.kubectl('get', 'crd', 'streamclusters.streamcluster.dev');
  await installation.cluster.kubectl('get', 'streamcluster', 'live');
  await publisher.success(90_000);
  for (const player of players) {
    const { video } = await player.finished(60_000);
    const { count } = compareVideo(short, video, { toTheEnd: true, atLeast: 150 });
    console.log(`helm uninstall meanwhile: ${count} pictures played to the end, all the source's`);
  }
  expect(await installation.incarnations('live')).toEqual(before);
});

function isReady({ status }: Pod): boolean {
  return (
    status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false
  );
}

function viewerOf(host: string): { host: string; port: number; path: string } {
  return { host, port: 8080, path: `/${STREAM}.flv` };
}

function many(host: string, app: string, count: number): Promise<Child> {
  return publishMany({ host, port: 1935, app, count, seconds: 240 });
}

async function status(): ReturnType<Installation['status']> {
  return await installation.status('live');
}

async function streams(): Promise<number> {
  return (await status()).streams ?? 0;
}

/** A node with workers. The single NATS of these tests is elsewhere: it keeps nothing, and
 * a StatefulSet does not replace a pod whose kubelet is silent. */
async function nodeWithoutNats(): Promise<string> {
  const natsNode = await installation.cluster.kubectl(
    ...['get', 'pod', 'sc-nats-0', '-n', SYSTEM, '-o', 'jsonpath={.spec.nodeName}'],
  );
  const nodes = (await installation.pods('live')).map(({ spec }) => spec.nodeName);
  const node = nodes.find((name) => name !== undefined && name !== natsNode);
  if (node === undefined) throw new Error(`no worker is elsewhere than NATS on ${natsNode}`);
  return node;
}

/** Publishers until every worker has one. */
async function publishEverywhere(atLeast: number): Promise<PatientPublisher[]> {
  const host = await installation.address('live');
  const short = await fixture();
  const publishers: PatientPublisher[] = [];
  const isEverywhere = async (): Promise<boolean> => {
    const pods = await installation.pods('live');
    const busy = pods.filter(
      ({ metadata }) => metadata.labels?.['streamcluster.dev/busy'] === 'true',
    );
    return pods.length > 0 && busy.length === pods.length;
  };
  for (let i = 0; i < 40; i += 1) {
    const publisher = new PatientPublisher(short.file, `rtmp://${host}:1935/busy/s-${i}`);
    publishers.push(publisher);
    cleanups.push(async () => await publisher.stop());
    if (i + 1 < atLeast) continue;
    await sleep(3_000);
    if (await isEverywhere()) return publishers;
  }
  throw new Error('some workers stayed idle');
}

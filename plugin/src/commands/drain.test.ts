import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../run.ts';
import { FakeApi } from '../testing/fake-api.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { buildWorld, PODS, PROXY, workerItem, workerPod } from '../testing/world.ts';

const POD = `${PODS}/live-0-1`;
const WORKERS = `${PROXY}/api/v1/clusters/media/live/workers`;
const ASKED = { annotations: { 'streamcluster.dev/drain': 'Command' } };

describe('drain and undrain', () => {
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

  /** What is the case after each look. */
  function then(...steps: (() => void)[]): void {
    io.onSleep = () => steps.shift()?.();
  }

  function patched(): unknown[] {
    return api
      .patches()
      .map(({ path, contentType, body }) => [path, contentType, JSON.parse(body) as unknown]);
  }

  it('write the annotation on that very pod', async () => {
    expect(await call('drain', 'live-0-1', '--reason', 'node is loud')).toBe(0);
    expect(io.text).toBe('worker live-0-1 will drain\n');
    const annotations = { 'streamcluster.dev/drain': 'node is loud' };
    expect(patched()).toEqual([
      [POD, 'application/merge-patch+json', { metadata: { uid: 'uid-live-0-1', annotations } }],
    ]);
    expect(api.patches()[0]?.query).toEqual({ fieldManager: 'kubectl-streamcluster' });
  });

  it('take it off', async () => {
    api.answer(POD, workerPod('live-0-1', ASKED));
    expect(await call('undrain', 'live-0-1')).toBe(0);
    expect(io.text).toBe('worker live-0-1 will serve again\n');
    const annotations = { 'streamcluster.dev/drain': null };
    expect(patched()).toEqual([
      [POD, 'application/merge-patch+json', { metadata: { uid: 'uid-live-0-1', annotations } }],
    ]);
  });

  it('change nothing that is so already', async () => {
    expect(await call('undrain', 'live-0-1')).toBe(0);
    api.answer(POD, workerPod('live-0-1', ASKED));
    expect(await call('drain', 'live-0-1', '--reason', 'other')).toBe(0);
    expect(io.text).toBe(
      'worker live-0-1 was not asked to drain\nworker live-0-1 drains already (Command)\n',
    );
    expect(patched()).toEqual([]);
  });

  it('wait until the worker has ended, and tell how far it is', async () => {
    const item = (publishers: number, viewers: number) =>
      api.list(WORKERS, [workerItem('live-0-1', { state: 'draining', publishers, viewers })]);
    item(1, 120);
    api.answer(POD, workerPod('live-0-1', ASKED));
    then(
      () => undefined,
      () => item(0, 3),
      () => api.answer(POD, workerPod('live-0-1', { ...ASKED, status: { phase: 'Succeeded' } })),
    );
    expect(await call('drain', 'live-0-1', '--wait')).toBe(0);
    expect(io.text).toBe('worker live-0-1 is drained\n');
    expect(io.errors.split('\n')).toEqual([
      'worker live-0-1 drains already (Command)',
      'live-0-1: draining, 1 publisher, 120 viewers, 2 streams',
      'live-0-1: draining, 0 publishers, 3 viewers, 2 streams',
      'live-0-1: ended',
      '',
    ]);
  });

  it.each<[string, (api: FakeApi) => void, number, RegExp]>([
    ['is gone', (here) => here.answers.delete(POD), 0, /gone/],
    [
      'was replaced by another of its name',
      (here) => here.answer(POD, { metadata: { name: 'live-0-1', uid: 'other' } }),
      0,
      /gone/,
    ],
    [
      'failed',
      (here) => here.answer(POD, workerPod('live-0-1', { status: { phase: 'Failed' } })),
      1,
      /failed while it drained.*DRAIN_FAILED/,
    ],
    [
      'was taken back by somebody',
      (here) => here.answer(POD, workerPod('live-0-1')),
      1,
      /was taken back \(DRAIN_FAILED\)/,
    ],
  ])('end waiting when the worker %s', async (_what, change, code, message) => {
    api.answer(POD, workerPod('live-0-1', ASKED));
    then(() => change(api));
    expect(await call('drain', 'live-0-1', '--wait')).toBe(code);
    expect(io.errors).toMatch(message);
  });

  it('give up waiting after the time, not before', async () => {
    api.answer(POD, workerPod('live-0-1', ASKED));
    const startMs = io.unixMs();
    expect(await call('drain', 'live-0-1', '--wait', '--timeout', '30')).toBe(1);
    expect(io.errors).toMatch(/not done within 30 s; it goes on without you \(TIMEOUT\)/);
    expect((io.unixMs() - startMs) / 1000).toBe(30);
  });

  it('wait without the operator too', async () => {
    api.refuse(WORKERS, 503, 'no endpoints available');
    api.answer(POD, workerPod('live-0-1', ASKED));
    then(() => api.answers.delete(POD));
    expect(await call('drain', 'live-0-1', '--wait')).toBe(0);
    expect(io.errors).toContain('live-0-1: waiting, the operator does not answer\n');
  });

  it('wait until a worker serves again', async () => {
    api.answer(POD, workerPod('live-0-1', ASKED));
    api.list(WORKERS, [workerItem('live-0-1', { state: 'draining' })]);
    then(() => api.list(WORKERS, [workerItem('live-0-1')]));
    expect(await call('undrain', 'live-0-1', '--wait')).toBe(0);
    expect(io.text).toBe('worker live-0-1 serves again\n');
    expect(io.errors).toBe('live-0-1: draining\nlive-0-1: ready\n');
  });

  it('say when it is too late', async () => {
    api.answer(POD, workerPod('live-0-1', { ...ASKED, status: { phase: 'Succeeded' } }));
    expect(await call('undrain', 'live-0-1')).toBe(1);
    expect(await call('drain', 'live-0-1')).toBe(1);
    expect(io.errors).toBe(
      'error: it is too late: worker "live-0-1" has ended (DRAIN_FAILED)\n' +
        'error: worker "live-0-1" has ended already (DRAIN_FAILED)\n',
    );
    expect(patched()).toEqual([]);
  });

  it('touch no pod that is no worker', async () => {
    api.answer(`${PODS}/db-0`, { metadata: { name: 'db-0', uid: 'u', labels: {} } });
    expect(await call('drain', 'db-0')).toBe(1);
    expect(io.errors).toContain('the pod "db-0" is no worker of a StreamCluster (NOT_FOUND)');
    expect(patched()).toEqual([]);
  });

  it('write nothing but JSON to the output with -o json', async () => {
    api.answer(POD, workerPod('live-0-1', ASKED));
    then(() => api.answers.delete(POD));
    expect(await call('drain', 'live-0-1', '--wait', '-o', 'json')).toBe(0);
    expect(JSON.parse(io.text)).toEqual({
      ...{ namespace: 'media', cluster: 'live', worker: 'live-0-1' },
      ...{ reason: 'Command', isDrained: true },
    });
  });
});

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotate } from '../../plugin/src/commands/worker-pod.ts';
import { Session } from '../../plugin/src/session.ts';
import { MemoryIo } from '../../plugin/src/testing/memory-io.ts';
import { unpack } from '../../plugin/src/testing/unpack.ts';
import { ROOT } from '../src/harness/paths.ts';
import { NAMESPACE, PluginRig, streamCluster } from './plugin-rig.ts';

/** What docs/plugin.md says that looking takes. */
const LOOKER = {
  operator: [
    { apiGroups: [''], resources: ['services'], verbs: ['list'] },
    {
      ...{ apiGroups: [''], resources: ['services/proxy'], verbs: ['get'] },
      resourceNames: ['http:sc-operator:http'],
    },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  ],
  own: [
    { apiGroups: ['streamcluster.dev'], resources: ['streamclusters'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods', 'events'], verbs: ['get', 'list'] },
  ],
};

describe('kubectl streamcluster on a real API server', () => {
  let rig: PluginRig;

  beforeAll(async () => {
    rig = await PluginRig.start();
    await rig.addWorker('live-0-1', 0.6);
    await rig.addWorker('live-1-1', 0.1);
    await rig.patch(
      'streamcluster/live',
      {
        status: {
          ...{ phase: 'Ready', observedGeneration: 1, desiredReplicas: 2, readyReplicas: 2 },
          ...{ streams: 2, viewers: 6, maxLoad: '1.71' },
        },
      },
      '--subresource=status',
    );
  });
  afterAll(() => rig.stop());

  it('is found by kubectl, once it is on the PATH', async () => {
    const bin = path.join(ROOT, '.cache/bin');
    await promisify(execFile)(path.join(ROOT, 'scripts/plugin.sh'));
    const env = { PATH: `${bin}:${process.env.PATH ?? ''}`, KUBECONFIG: rig.cluster.kubeconfig };
    const args = ['streamcluster', 'workers', '-n', NAMESPACE, '-o', 'json'];
    const { stdout } = await promisify(execFile)(path.join(bin, 'kubectl'), args, { env });
    expect(JSON.parse(stdout)).toMatchObject({
      items: [{ name: 'live-0-1', state: 'ready' }, { name: 'live-1-1' }],
    });
  });

  it('shows status, workers and streams through the API server’s proxy', async () => {
    const status = await rig.call(['status']);
    expect(status).toMatchObject({ code: 0, errors: '' });
    expect(status.text).toContain('Phase:           Ready, 2 of 2 workers ready');
    expect(status.text).toContain('Spec:            generation 1, in force');
    expect(status.text).toMatch(/live-0-1 {3}ready .* 60%/);
    const streams = await rig.call(['streams', 'live']);
    expect(streams.text).toMatch(/live\/live-0-1 .* 3 /);
    expect((await rig.call(['rebalance'])).text).toContain('mode Auto');
    expect(await rig.call(['status', 'other'])).toMatchObject({ code: 1 });
  });

  it('lists several StreamClusters, also one that the operator has not seen yet', async () => {
    await rig.apply(streamCluster('radio', { fixed: { replicas: 0 } }));
    const lines = (await rig.call(['status'])).text.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines[1]?.slice(0, 4)).toEqual(['media', 'live', 'Ready', '2/2']);
    expect(lines[2]?.slice(0, 4)).toEqual(['media', 'radio', '-', '-/-']);
    const streams = await rig.call(['streams']);
    expect(streams).toMatchObject({ code: 1 });
    expect(streams.text).toContain('live/live-0-1');
    expect(streams.errors).toMatch(/radio: its status says nothing yet[^]*cluster media\/radio/);
    await rig.cluster.kubectl('delete', '-n', NAMESPACE, 'streamcluster', 'radio');
  });

  it('writes the drain’s annotation, and takes it off', async () => {
    expect(await rig.call(['drain', 'live-1-1', '--reason', 'noisy'])).toMatchObject({ code: 0 });
    expect(await rig.drainAnnotation('live-1-1')).toBe('noisy');
    expect((await rig.call(['workers'])).text).toContain('drain asked (noisy)');
    expect(await rig.call(['undrain', 'live-1-1'])).toMatchObject({ code: 0 });
    expect(await rig.drainAnnotation('live-1-1')).toBeUndefined();
  });

  it('does not meet another pod of the same name', async () => {
    const flags = { kubeconfig: rig.cluster.kubeconfig, namespace: NAMESPACE } as const;
    const session = new Session(new MemoryIo(), { ...flags, output: 'table' });
    const uid = '00000000-0000-0000-0000-000000000000';
    const worker = {
      ...{ name: 'live-1-1', namespace: NAMESPACE, cluster: 'live', uid, drain: undefined },
      ...{ hasEnded: false, isTerminating: false },
    };
    await expect(annotate(session, worker, 'x')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await rig.drainAnnotation('live-1-1')).toBeUndefined();
  });

  it('waits for a drain until the worker has ended', async () => {
    let looks = 0;
    const drained = await rig.call(['drain', 'live-1-1', '--wait'], async () => {
      looks += 1;
      if (looks === 1) rig.figures.report('live-1-1', { draining: true, publishers: 1 });
      if (looks === 2) await rig.setPhase('live-1-1', 'Succeeded');
    });
    expect(drained).toMatchObject({ code: 0, text: 'worker live-1-1 is drained\n' });
    expect(drained.errors).toContain('live-1-1: draining, 1 publisher, 0 viewers, 0 streams');
    expect(await rig.call(['undrain', 'live-1-1'])).toMatchObject({ code: 1 });
  });

  it('collects a report without secrets', async () => {
    const { code, bytes, errors } = await rig.call(['report', '-f', '-']);
    expect(code).toBe(0);
    expect(errors).not.toContain('without');
    const files = await unpack(bytes);
    expect(files.get('pods.json')).toContain('HOOK_TOKEN');
    expect(files.get('api/metrics.txt')).toContain(
      'streamcluster_cluster_streams{namespace="media"',
    );
    for (const text of files.values()) expect(text).not.toContain('Tr0ub4dor');
  });

  it('takes no more rights than its document says', async () => {
    const user = { kind: 'ServiceAccount', name: 'looker', namespace: NAMESPACE };
    const rbac = 'rbac.authorization.k8s.io';
    const bound = (namespace: string, name: string, rules: object[]) => [
      {
        ...{ apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name, namespace } },
        rules,
      },
      {
        ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name, namespace } },
        ...{ subjects: [user], roleRef: { apiGroup: rbac, kind: 'Role', name } },
      },
    ];
    const metadata = { name: 'looker', namespace: NAMESPACE };
    await rig.apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      ...bound(NAMESPACE, 'looker', LOOKER.own),
      ...bound('streamcluster-system', 'looker', LOOKER.operator),
    );
    const kubeconfig = await rig.cluster.kubeconfigFor(NAMESPACE, 'looker');
    const as = ['--kubeconfig', kubeconfig, '--operator-namespace', 'streamcluster-system'];
    for (const args of [['status'], ['streams'], ['workers'], ['rebalance']]) {
      expect(await rig.call([...args, ...as])).toMatchObject({ code: 0, errors: '' });
    }
    const refused = await rig.call(['drain', 'live-0-1', ...as]);
    expect(refused).toMatchObject({ code: 1, text: '' });
    expect(refused.errors).toMatch(/cannot patch resource "pods".*\(API_REFUSED\)\n$/);
    const lost = await rig.call(['streams', '--kubeconfig', kubeconfig]);
    expect(lost.errors).toMatch(/you may not list Services .*\(OPERATOR_NOT_FOUND\)\n$/);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestCluster, startCluster } from '../cluster/mod.ts';
import { eventually, eventuallyTrue } from '../src/harness/eventually.ts';
import { CrdApi } from './crd-api.ts';
import { installCrd } from './harness/crd.ts';

const PATIENCE_MS = 60_000;
const AUTOSCALING = { maxReplicas: 4, streamsPerWorker: 10 };
const SERVER_SIDE = ['apply', '--server-side', '-f', '-'];
const APPLIES: [how: string, apply: string[]][] = [
  ['client-side', ['apply', '-f', '-']],
  ['server-side', SERVER_SIDE],
];
const STATUS = {
  observedGeneration: 1,
  phase: 'Ready',
  desiredReplicas: 3,
  replicas: 3,
  readyReplicas: 2,
  updatedReplicas: 1,
  currentRevision: '5d41402a',
  draining: 4,
  selector: 'streamcluster.dev/cluster=columns',
  streams: 41,
  viewers: 10_412,
  maxLoad: '1.18',
  numa: '2/2 aligned',
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason: 'NotAllReady',
      message: '2 of 3 workers are ready',
      observedGeneration: 1,
      lastTransitionTime: '2026-11-25T01:35:39Z',
    },
  ],
};

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ level: 'api' });
  await installCrd(cluster);
});

afterAll(() => cluster.stop());

function manifest(name: string, spec: object): string {
  const metadata = { name };
  return JSON.stringify({
    apiVersion: 'streamcluster.dev/v1alpha1',
    kind: 'StreamCluster',
    metadata,
    spec,
  });
}

async function specOf(name: string): Promise<Record<string, unknown>> {
  const { spec } = await cluster.kubectlJson<{ spec: Record<string, unknown> }>('get', 'stc', name);
  return spec;
}

function scale(name: string, replicas: number): Promise<string> {
  return cluster.kubectl('scale', 'stc', name, `--replicas=${replicas}`);
}

describe('scaling', () => {
  it.each(APPLIES)('is kept by a %s apply of a manifest without the number', async (how, apply) => {
    const text = manifest(how, { fixed: {} });
    await cluster.kubectlWith(text, ...apply);
    expect(await specOf(how)).toMatchObject({ fixed: { replicas: 3 } });
    expect(await scale(how, 5)).toContain('scaled');
    await cluster.kubectlWith(text, ...apply);
    expect(await specOf(how)).toMatchObject({ fixed: { replicas: 5 } });
  });

  it('is undone by a client-side apply of a manifest with the number', async () => {
    const two = manifest('two', { fixed: { replicas: 2 } });
    await cluster.kubectlWith(two, 'apply', '-f', '-');
    await scale('two', 5);
    await cluster.kubectlWith(two, 'apply', '-f', '-');
    expect(await specOf('two')).toMatchObject({ fixed: { replicas: 2 } });
    await scale('two', 5);
    await cluster.kubectlWith(manifest('two', { fixed: {} }), 'apply', '-f', '-');
    expect(await specOf('two')).toMatchObject({ fixed: { replicas: 3 } });
  });

  it('conflicts with a server-side apply of a manifest with the number', async () => {
    const two = manifest('two-ssa', { fixed: { replicas: 2 } });
    await cluster.kubectlWith(two, ...SERVER_SIDE);
    await scale('two-ssa', 5);
    await expect(cluster.kubectlWith(two, ...SERVER_SIDE)).rejects.toThrow(
      /conflict with "kubectl" with subresource "scale".*\.spec\.fixed\.replicas/,
    );
    await cluster.kubectlWith(manifest('two-ssa', { fixed: {} }), ...SERVER_SIDE);
    expect(await specOf('two-ssa')).toMatchObject({ fixed: { replicas: 5 } });
  });

  it('is not given up by a server-side apply before somebody scaled', async () => {
    const name = 'given-up';
    await cluster.kubectlWith(manifest(name, { fixed: { replicas: 2 } }), ...SERVER_SIDE);
    const without = manifest(name, { fixed: {} });
    await expect(cluster.kubectlWith(without, ...SERVER_SIDE)).rejects.toThrow(
      /spec\.fixed in body must be of type object: "null"/,
    );
    expect(await specOf(name)).toMatchObject({ fixed: { replicas: 2 } });
  });

  it('by hand is refused with autoscaling, with the reason', async () => {
    await cluster.kubectlWith(manifest('auto', { autoscaling: AUTOSCALING }), ...SERVER_SIDE);
    await expect(scale('auto', 5)).rejects.toThrow(
      /with autoscaling the number of workers follows the streams and cannot be set/,
    );
    const { body } = await new CrdApi(cluster).scale('auto');
    expect(body.message).toContain('".spec.fixed.replicas" does not exist');
  });

  it('is refused beyond the bounds', async () => {
    await cluster.kubectlWith(manifest('bounds', { fixed: {} }), ...SERVER_SIDE);
    await expect(scale('bounds', 1001)).rejects.toThrow(/spec\.fixed\.replicas.*1000/);
  });

  it('follows a HorizontalPodAutoscaler', async () => {
    await cluster.kubectlWith(manifest('hpa', { fixed: {} }), ...SERVER_SIDE);
    const spec = {
      scaleTargetRef: {
        apiVersion: 'streamcluster.dev/v1alpha1',
        kind: 'StreamCluster',
        name: 'hpa',
      },
      minReplicas: 6,
      maxReplicas: 9,
    };
    const hpa = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' };
    const text = JSON.stringify({ ...hpa, metadata: { name: 'hpa' }, spec });
    await cluster.kubectlWith(text, 'apply', '-f', '-');
    await eventuallyTrue('six replicas', PATIENCE_MS, async () => {
      const { fixed } = await specOf('hpa');
      return (fixed as { replicas: number }).replicas === 6;
    });
  });
});

describe('the other mode', () => {
  it.each(APPLIES)('comes by %s apply of the new manifest, and goes', async (how, apply) => {
    const name = `mode-${how}`;
    await cluster.kubectlWith(manifest(name, { fixed: {} }), ...apply);
    await scale(name, 5);
    await cluster.kubectlWith(manifest(name, { autoscaling: AUTOSCALING }), ...apply);
    const autoscaled = await specOf(name);
    expect(autoscaled).not.toHaveProperty('fixed');
    await cluster.kubectlWith(manifest(name, { fixed: {} }), ...apply);
    const fixed = await specOf(name);
    expect(fixed).toMatchObject({ fixed: { replicas: 3 } });
    expect(fixed).not.toHaveProperty('autoscaling');
  });

  it.each([
    ['patched', {}, patchOfFive],
    ['scaled', { replicas: 2 }, () => scale('scaled', 5)],
  ])('needs a null where the number of a manifest was %s', async (name, fixed, write) => {
    await cluster.kubectlWith(manifest(name, { fixed }), ...SERVER_SIDE);
    await write();
    const autoscaling = manifest(name, { autoscaling: AUTOSCALING });
    await expect(cluster.kubectlWith(autoscaling, ...SERVER_SIDE)).rejects.toThrow(
      /exactly one of fixed and autoscaling must be given/,
    );
    const patch = JSON.stringify({ spec: { fixed: null, autoscaling: AUTOSCALING } });
    await cluster.kubectl('patch', 'stc', name, '--type=merge', '-p', patch);
    await cluster.kubectlWith(autoscaling, ...SERVER_SIDE);
    expect(await specOf(name)).not.toHaveProperty('fixed');
  });
});

function patchOfFive(): Promise<string> {
  const patch = '{"spec": {"fixed": {"replicas": 5}}}';
  return cluster.kubectl('patch', 'stc', 'patched', '--type=merge', '-p', patch);
}

describe('kubectl', () => {
  it('shows the columns, by every name', async () => {
    await cluster.kubectlWith(manifest('columns', { fixed: {} }), ...SERVER_SIDE);
    const patch = JSON.stringify({ status: STATUS });
    await cluster.kubectl(
      ...['patch', 'stc', 'columns', '--subresource=status', '--type=merge', '-p', patch],
    );
    const get = (...args: string[]): Promise<string> => cluster.kubectl('get', ...args);
    expect(rows(await get('stc', 'columns'))).toEqual([
      'NAME DESIRED READY DRAINING STREAMS VIEWERS MAXLOAD PHASE AGE',
      expect.stringMatching(/^columns 3 2 4 41 10412 1\.18 Ready \d+s$/),
    ]);
    const wide = rows(await get('streamclusters', 'columns', '-o', 'wide'));
    expect(wide[0]).toBe('NAME DESIRED READY DRAINING STREAMS VIEWERS MAXLOAD PHASE NUMA AGE');
    expect(wide[1]).toContain('Ready 2/2 aligned');
    expect(await get('streaming')).toContain('columns');
    const { status } = await cluster.kubectlJson<{ status: object }>('get', 'stc', 'columns');
    expect(status).toEqual(STATUS);
  });

  it('explains every field', async () => {
    // The OpenAPI document that `explain` reads follows the CRD a moment later.
    const explanation = await eventually('an explanation', PATIENCE_MS, () =>
      cluster.kubectl('explain', 'streamcluster.spec.worker'),
    );
    expect(explanation).toContain('CPUs of a worker: a whole number');
    expect(explanation).toMatch(/pinning\t<string>\n\s+enum: Exclusive, None/);
    expect(explanation).toMatch(/nodeSelector\t<map\[string\]string>/);
    const all = await cluster.kubectl('explain', 'stc', '--recursive');
    expect(all).toContain('tolerationSeconds');
  });

  it('says what is wrong in one sentence', async () => {
    const text = manifest('wrong', { fixed: {}, worker: { cpus: '250m' } });
    await expect(cluster.kubectlWith(text, ...SERVER_SIDE)).rejects.toThrow(
      /spec\.worker\.cpus: .*worker\.cpus must be a whole number when worker\.pinning is Exclusive/,
    );
    const typo = manifest('typo', { fixed: {}, wroker: {} });
    await expect(cluster.kubectlWith(typo, 'apply', '-f', '-')).rejects.toThrow(
      /unknown field "spec.wroker"/,
    );
  });
});

function rows(table: string): string[] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.trim().replaceAll(/ +/g, ' '));
}

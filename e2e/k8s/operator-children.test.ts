import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  isNotFound,
  resources,
  type KubeObject,
  type Pod,
  type Resource,
  type Stored,
} from '../../operator/src/kube/mod.ts';
import { NAMESPACE, OperatorRig } from './harness/operator-rig.ts';

const SPEC = { fixed: { replicas: 2 }, worker: { cpus: 1, memory: '256Mi' } };
/** "Within seconds", on a machine that has little time. */
const SOON_MS = 15_000;
/** For so long a taken name is left alone. */
const LOOK_MS = 15_000;
const CHILDREN: readonly (readonly [string, Resource<KubeObject>, string])[] = [
  ['Service of users', resources.services, 'live'],
  ['headless Service', resources.services, 'live-workers'],
  ['PodDisruptionBudget', resources.podDisruptionBudgets, 'live-workers'],
  ['NetworkPolicy', resources.networkPolicies, 'live-workers'],
  ['ServiceAccount', resources.serviceAccounts, 'live-workers'],
  ['Secret of a worker', resources.secrets, 'live-0-1'],
];

let rig: OperatorRig;
beforeAll(async () => {
  rig = await OperatorRig.start();
  await rig.startOperator();
  await rig.apply('live', SPEC);
  await rig.somePods('live', 2);
});
afterAll(() => rig.stop());

async function get<T extends KubeObject>(resource: Resource<T>, name: string): Promise<Stored<T>> {
  return await rig.client.get(resource, { namespace: NAMESPACE, name });
}

async function isThere(resource: Resource<KubeObject>, name: string): Promise<boolean> {
  return await get(resource, name).then(
    () => true,
    (error: unknown) => {
      if (isNotFound(error)) return false;
      throw error;
    },
  );
}

/** Waits for another object of the name; how long it took. */
async function remade(
  resource: Resource<KubeObject>,
  { metadata }: Stored<KubeObject>,
): Promise<number> {
  const startMs = performance.now();
  await rig.until(`another ${metadata.name}`, async () => {
    const object = await get(resource, metadata.name).catch(() => undefined);
    return object !== undefined && object.metadata.uid !== metadata.uid;
  });
  return performance.now() - startMs;
}

describe('a StreamCluster', () => {
  it.each(CHILDREN)('owns its %s', async (_what, resource, name) => {
    const { metadata } = await get(resource, name);
    const owner = await get(resources.streamClusters, 'live');
    expect(metadata.ownerReferences).toEqual([
      {
        ...{ apiVersion: 'streamcluster.dev/v1alpha1', kind: 'StreamCluster' },
        ...{ name: 'live', uid: owner.metadata.uid },
        ...{ controller: true, blockOwnerDeletion: true },
      },
    ]);
    expect(metadata.finalizers).toBeUndefined();
    expect(metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'streamcluster',
      'streamcluster.dev/cluster': 'live',
    });
  });

  it('has Services that select who accepts, and everybody', async () => {
    const users = await get(resources.services, 'live');
    const workers = {
      'app.kubernetes.io/name': 'streamcluster-worker',
      'streamcluster.dev/cluster': 'live',
    };
    expect(users.spec?.selector).toEqual({ ...workers, 'streamcluster.dev/accepting': 'true' });
    expect(users.spec?.ports?.map(({ port }) => port)).toEqual([1935, 8080]);
    const all = await get(resources.services, 'live-workers');
    expect(all.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(all.spec?.selector).toEqual(workers);
    expect(all.spec?.ports?.map(({ port }) => port)).toEqual([9090, 9091]);
  });

  it('has a budget that the disruption controller understands', async () => {
    const read = () => get(resources.podDisruptionBudgets, 'live-workers');
    await rig.until('disruption controller', async () => {
      return (await read()).status?.conditions?.[0] !== undefined;
    });
    const { spec, status } = await read();
    expect(spec?.minAvailable).toBe(2_147_483_647);
    expect(spec?.selector?.matchLabels).toMatchObject({ 'streamcluster.dev/busy': 'true' });
    expect(status?.conditions?.map(({ reason }) => reason)).not.toContain('SyncFailed');
  });

  it('has pods of which each has whole CPUs, its own Secret and no volume that holds it', async () => {
    const pods = await rig.pods('live');
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(['live-0-1', 'live-1-1']);
    for (const pod of pods) judgePod(pod);
  });

  it('has no finalizer, and says what is the case', async () => {
    const { metadata } = await get(resources.streamClusters, 'live');
    expect(metadata.finalizers).toBeUndefined();
    const ready = await rig.reason('live', 'Ready', 'NotAllReady');
    expect(ready).toMatchObject({ status: 'False', message: '0 of 2 workers are ready' });
    expect(await rig.status('live')).toMatchObject({ phase: 'Pending', replicas: 2 });
  });
});

function judgePod({ metadata, spec, status }: Stored<Pod>): void {
  expect(metadata.ownerReferences).toMatchObject([{ controller: true, blockOwnerDeletion: true }]);
  expect(metadata.finalizers).toBeUndefined();
  expect(status?.qosClass).toBe('Guaranteed');
  expect(spec).toMatchObject({
    ...{ enableServiceLinks: false, restartPolicy: 'OnFailure' },
    ...{ automountServiceAccountToken: false, serviceAccountName: 'live-workers' },
  });
  expect(spec?.volumes).toEqual([
    { name: 'credentials', secret: { secretName: metadata.name, defaultMode: 0o444 } },
    { name: 'access', secret: { secretName: 'live-access', optional: true, defaultMode: 0o444 } },
  ]);
  judgeContainer(spec!.containers[0]!, `sc-${metadata.ownerReferences![0]!.uid}`);
}

type Container = NonNullable<Pod['spec']>['containers'][number];

function judgeContainer(container: Container, bucket: string): void {
  const { image, env = [], startupProbe, livenessProbe, readinessProbe } = container;
  expect(image).toBe('streamcluster-worker:e2e');
  expect(Object.fromEntries(env.map(({ name, value }) => [name, value]))).toMatchObject({
    ...{ SC_CLUSTER: 'live', SC_NAMESPACE: NAMESPACE, SC_NATS: rig.nats.url, SC_PIN: 'auto' },
    ...{ SC_LISTEN: '0.0.0.0,::', SC_ADMIN_PORT: '9090', SC_GRPC_PORT: '9091', SC_BUCKET: bucket },
  });
  const probes = [startupProbe, livenessProbe, readinessProbe];
  const paths = probes.map((probe) => probe?.httpGet?.path);
  expect(paths).toEqual(['/healthz', '/healthz', '/readyz']);
}

describe('certificates for users', () => {
  const NAME = 'secure';
  const spec = { ...SPEC, fixed: { replicas: 1 } };

  async function portsAre(wanted: readonly number[]): Promise<void> {
    await rig.until(`ports ${wanted.join()} of ${NAME}`, async () => {
      const service = await get(resources.services, NAME).catch(() => undefined);
      const policy = await get(resources.networkPolicies, `${NAME}-workers`).catch(() => undefined);
      const open = policy?.spec?.ingress?.find(({ from }) => from === undefined);
      return [service?.spec, open].every(
        (one) => one?.ports?.map(({ port }) => port).join() === wanted.join(),
      );
    });
  }

  it('are mounted into pods that an API server takes, and open ports', async () => {
    await rig.apply(NAME, { ...spec, tls: { secretNames: ['users.example', 'others'] } });
    const [pod] = await rig.somePods(NAME, 1);
    const [container] = pod!.spec!.containers;
    expect(container?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual([
      '/etc/streamcluster/credentials',
      '/etc/streamcluster/access',
      '/etc/streamcluster/tls/users.example',
      '/etc/streamcluster/tls/others',
    ]);
    expect(container?.ports?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['rtmps', 'https']),
    );
    await portsAre([1935, 8080, 1936, 8443]);
  });

  it('close their ports when they are no longer named', async () => {
    await rig.apply(NAME, spec);
    await portsAre([1935, 8080]);
    await rig.remove(NAME);
  });
});

describe('what somebody deletes', () => {
  it.each(CHILDREN)('comes back: %s', async (_what, resource, name) => {
    const before = await get(resource, name);
    await rig.client.delete(resource, { namespace: NAMESPACE, name });
    expect(await remade(resource, before)).toBeLessThan(SOON_MS);
  });

  it('comes back under a name that nobody had: a pod', async () => {
    const [pod] = await rig.pods('live');
    const target = { namespace: NAMESPACE, name: pod!.metadata.name };
    await rig.client.delete(resources.pods, target, { gracePeriodSeconds: 0 });
    const startMs = performance.now();
    await rig.until('another pod', async () => {
      const names = (await rig.pods('live')).map(({ metadata }) => metadata.name);
      return names.length === 2 && !names.includes(target.name);
    });
    expect(performance.now() - startMs).toBeLessThan(SOON_MS);
  });
});

describe('a Service', () => {
  it('that somebody edited is put right', async () => {
    const patch = { spec: { selector: { 'streamcluster.dev/accepting': 'never' } } };
    await rig.client.patch(resources.services, { namespace: NAMESPACE, name: 'live' }, patch);
    await rig.until('selector put right', async () => {
      const { spec } = await get(resources.services, 'live');
      return spec?.selector?.['streamcluster.dev/accepting'] === 'true';
    });
  });

  it('of somebody else is left alone, and named', async () => {
    const spec = { selector: { app: 'other' }, ports: [{ port: 80 }] };
    const metadata = { namespace: NAMESPACE, name: 'taken' };
    const before = await rig.client.create(resources.services, { metadata, spec });
    await rig.apply('taken', { ...SPEC, fixed: { replicas: 1 } });
    const { message } = await rig.reason('taken', 'Ready', 'NameTaken');
    expect(message).toContain('Service taken exists and belongs to somebody else');
    const after = await get(resources.services, 'taken');
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    const startMs = Date.now();
    await sleep(LOOK_MS);
    const tries = rig.audit.table(startMs)['create services'] ?? 0;
    expect(tries).toBeLessThanOrEqual(2);
    await rig.client.delete(resources.services, metadata);
    await rig.reason('taken', 'Ready', 'NotAllReady');
    const { spec: ours } = await get(resources.services, 'taken');
    expect(ours?.ports?.map(({ port }) => port)).toEqual([1935, 8080]);
    await rig.remove('taken');
  });
});

describe('a deleted StreamCluster', () => {
  it('takes all with it, by the garbage collector alone', async () => {
    await rig.remove('live');
    await nothingOf('live');
  });

  it('is not filled again while its deletion waits for its children', async () => {
    await rig.apply('ending', SPEC);
    await rig.somePods('ending', 2);
    const target = { namespace: NAMESPACE, name: 'ending' };
    const options = { propagationPolicy: 'Foreground' } as const;
    await rig.client.delete(resources.streamClusters, target, options);
    await nothingOf('ending');
  });
});

async function nothingOf(name: string): Promise<void> {
  const labelSelector = `streamcluster.dev/cluster=${name}`;
  const kinds: readonly Resource<KubeObject>[] = [
    ...[resources.services, resources.secrets, resources.serviceAccounts],
    ...[resources.podDisruptionBudgets, resources.networkPolicies, resources.pods],
  ];
  await rig.until(`nothing of ${name}`, async () => {
    const lists = await Promise.all(
      kinds.map((kind) => rig.client.list(kind, { namespace: NAMESPACE, labelSelector })),
    );
    const left = lists.flatMap(({ items }) => items).map(({ metadata }) => metadata.name);
    if (await isThere(resources.streamClusters, name)) left.push(name);
    if (left.length > 0) throw new Error(left.join(' '));
    return true;
  });
}

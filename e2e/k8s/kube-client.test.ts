import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../operator/src/clock.ts';
import {
  EventRecorder,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isInvalid,
  isNamespaceTerminating,
  isNotFound,
  isQuota,
  isRetryable,
  KubeClient,
  kubeConfigLoader,
  listAll,
  referenceTo,
  resources,
  unknownFields,
  type KubeError,
} from '../../operator/src/kube/mod.ts';
import { UserActions } from '../../operator/src/pods/user-actions.ts';
import { DRAIN_ANNOTATION } from '../../operator/src/specs/names.ts';
import { startCluster, type TestCluster } from '../cluster/mod.ts';
import { eventually, eventuallyTrue } from '../src/harness/eventually.ts';
import { CRD_FILE } from './harness/crd.ts';
import { clientOf, idlePod, QUIET } from './kube-rig.ts';

const PATIENCE_MS = 30_000;
const NAMESPACE = 'media';
const { pods, services, secrets, streamClusters, events } = resources;

let cluster: TestCluster;
let client: KubeClient;

beforeAll(async () => {
  cluster = await startCluster({ level: 'api' });
  ({ client } = clientOf(cluster.kubeconfig));
  await cluster.kubectl('apply', '--server-side', '-f', CRD_FILE);
  await cluster.kubectl('create', 'namespace', NAMESPACE);
  await eventually('StreamClusters and accounts', PATIENCE_MS, async () => {
    await client.list(streamClusters);
    return await cluster.kubectl('get', 'serviceaccount', 'default', '--namespace', NAMESPACE);
  });
});

afterAll(async () => {
  client.close();
  await cluster.stop();
});

/** The error that it fails with. */
async function errorOf(promise: Promise<unknown>): Promise<KubeError> {
  return await promise.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error as KubeError,
  );
}

describe('KubeClient', () => {
  it('creates, reads, patches in each way, and deletes', async () => {
    const name = { namespace: NAMESPACE, name: 'a' };
    const created = await client.create(pods, idlePod(NAMESPACE, 'a', { first: 'yes' }));
    expect(created.metadata).toMatchObject({ ...name, uid: expect.any(String) as string });
    expect(created.metadata).not.toHaveProperty('managedFields');
    const merged = await client.patch(pods, name, { metadata: { labels: { second: 'yes' } } });
    expect(merged.metadata.labels).toEqual({ first: 'yes', second: 'yes' });
    const patched = await client.patch(pods, name, [
      { op: 'test', path: '/metadata/uid', value: created.metadata.uid },
      { op: 'remove', path: '/metadata/labels/first' },
    ]);
    expect(patched.metadata.labels).toEqual({ second: 'yes' });
    expect(await client.get(pods, name)).toEqual(patched);
    const other = await errorOf(
      client.delete(pods, name, { uid: 'another', gracePeriodSeconds: 0 }),
    );
    expect(isConflict(other)).toBe(true);
    await client.delete(pods, name, { uid: created.metadata.uid, gracePeriodSeconds: 0 });
    expect(isNotFound(await errorOf(client.get(pods, name)))).toBe(true);
  });

  it('applies: the same again changes nothing, other managers keep their fields', async () => {
    const service = {
      metadata: { namespace: NAMESPACE, name: 'live' },
      spec: { ports: [{ name: 'http', port: 8080 }], selector: { app: 'x' } },
    };
    const first = await client.apply(services, service);
    await cluster.kubectl('label', 'service', 'live', '--namespace', NAMESPACE, 'mine=yes');
    const labelled = await client.get(services, { namespace: NAMESPACE, name: 'live' });
    const second = await client.apply(services, service);
    expect(second.metadata.uid).toBe(first.metadata.uid);
    expect(second.metadata.resourceVersion).toBe(labelled.metadata.resourceVersion);
    expect(second.metadata.labels).toEqual({ mine: 'yes' });
    await cluster.kubectl(
      ...['patch', 'service', 'live', '--namespace', NAMESPACE],
      ...['--patch', '{"spec":{"selector":{"app":"theirs"}}}'],
    );
    const refused = await errorOf(client.apply(services, service, { force: false }));
    expect(isConflict(refused)).toBe(true);
    expect((await client.apply(services, service)).spec?.selector).toEqual({ app: 'x' });
  });

  it('writes nothing in a dry run', async () => {
    await client.create(pods, idlePod(NAMESPACE, 'dry'), { isDryRun: true });
    const error = await errorOf(client.get(pods, { namespace: NAMESPACE, name: 'dry' }));
    expect(isNotFound(error)).toBe(true);
  });

  it('lists all of more than a page, as of one version', async () => {
    const names = Array.from({ length: 620 }, (_, i) => `many-${i}`);
    const metadata = { namespace: NAMESPACE, labels: { many: 'yes' } };
    await Promise.all(
      names.map((name) => client.create(secrets, { metadata: { ...metadata, name } })),
    );
    const counted = clientOf(cluster.kubeconfig);
    const { items } = await listAll(counted.client, secrets, {
      namespace: NAMESPACE,
      labelSelector: 'many=yes',
    });
    counted.client.close();
    expect(items.map((item) => item.metadata.name).sort()).toEqual(names.sort());
    expect(counted.answers).toHaveLength(2);
  }, 60_000);
});

describe('what users ask for on the page', () => {
  it('is written as kubectl writes it: a number of workers, a drain and its end', async () => {
    const metadata = { namespace: NAMESPACE, name: 'asked' };
    await client.create(streamClusters, { metadata, spec: { fixed: { replicas: 1 } } });
    const pod = await client.create(pods, idlePod(NAMESPACE, 'asked-0-1'));
    const { uid } = pod.metadata;
    const actions = new UserActions({ client, ...metadata, uidOf: () => uid });
    await actions.scale(4);
    const scaled = await client.get(streamClusters, metadata);
    expect(scaled.spec).toMatchObject({ fixed: { replicas: 4 } });
    const target = { namespace: NAMESPACE, name: 'asked-0-1' };
    await actions.askDrain('asked-0-1', true);
    const drained = (await client.get(pods, target)).metadata.annotations;
    expect(drained).toMatchObject({ [DRAIN_ANNOTATION]: 'Command' });
    await actions.askDrain('asked-0-1', false);
    const back = (await client.get(pods, target)).metadata.annotations ?? {};
    expect(back).not.toHaveProperty([DRAIN_ANNOTATION]);
    await expect(actions.scale(100_000)).rejects.toMatchObject({ code: 'ACTION_REFUSED' });
    await client.delete(pods, target, { gracePeriodSeconds: 0 });
    await client.delete(streamClusters, metadata);
  });
});

describe('kinds of errors, as a real server says them', () => {
  it('a name that is taken, an object that changed', async () => {
    await client.create(pods, idlePod(NAMESPACE, 'taken'));
    const taken = await errorOf(client.create(pods, idlePod(NAMESPACE, 'taken')));
    expect(isAlreadyExists(taken)).toBe(true);
    const name = { namespace: NAMESPACE, name: 'taken' };
    const before = await client.get(pods, name);
    await client.patch(pods, name, { metadata: { labels: { changed: 'yes' } } });
    expect(isConflict(await errorOf(client.update(pods, before)))).toBe(true);
  });

  it('an object that breaks its schema', async () => {
    const metadata = { namespace: NAMESPACE, name: 'broken' };
    const nothing = await errorOf(client.create(pods, { metadata, spec: { containers: [] } }));
    expect(isInvalid(nothing)).toBe(true);
    expect(isRetryable(nothing)).toBe(false);
    const both = { fixed: {}, autoscaling: { minReplicas: 1, maxReplicas: 2 } };
    const rule = await errorOf(client.create(streamClusters, { metadata, spec: both }));
    expect(isInvalid(rule)).toBe(true);
  });

  it('fields that the CRD lacks, however they are written', async () => {
    const metadata = { namespace: NAMESPACE, name: 'newer' };
    const spec = { fixed: { replicas: 1 }, ofTomorrow: true };
    const created = await errorOf(client.create(streamClusters, { metadata, spec }));
    expect(unknownFields(created)).toEqual(['spec.ofTomorrow']);
    await client.create(streamClusters, { metadata, spec: { fixed: { replicas: 1 } } });
    const status = { streams: 1, ofTomorrow: { deep: 1 } };
    const applied = await errorOf(
      client.apply(streamClusters, { metadata, status }, { subresource: 'status' }),
    );
    expect(unknownFields(applied)).toEqual(['status.ofTomorrow']);
    const patched = await errorOf(
      client.patch(streamClusters, metadata, { status }, { subresource: 'status' }),
    );
    expect(unknownFields(patched)).toEqual(['status.ofTomorrow']);
    for (const error of [created, applied, patched]) {
      expect(isRetryable(error)).toBe(false);
      expect(isInvalid(error)).toBe(false);
    }
  });

  it('a quota that is used up', async () => {
    const namespace = 'narrow';
    await cluster.kubectl('create', 'namespace', namespace);
    const quota = ['create', 'quota', 'q', '--namespace', namespace, '--hard', 'services=0'];
    await cluster.kubectl(...quota);
    const service = {
      metadata: { namespace, name: 'one-too-many' },
      spec: { ports: [{ port: 1 }] },
    };
    await eventuallyTrue('the quota', PATIENCE_MS, async () => {
      const error = await errorOf(client.create(services, service, { isDryRun: true }));
      return isQuota(error) && !isForbidden(error);
    });
  });

  it('a namespace that ends', async () => {
    const namespace = 'ending';
    await cluster.kubectl('create', 'namespace', namespace);
    const metadata = { namespace, name: 'holds', finalizers: ['test.streamcluster.dev/hold'] };
    await client.create(secrets, { metadata });
    await cluster.kubectl('delete', 'namespace', namespace, '--wait=false');
    const pod = { metadata: { namespace, name: 'late' } };
    const error = await errorOf(client.create(secrets, pod));
    expect(isNamespaceTerminating(error)).toBe(true);
    expect(isForbidden(error)).toBe(false);
    await client.patch(secrets, { namespace, name: 'holds' }, { metadata: { finalizers: null } });
  });

  it('a page that is gone, or was never', async () => {
    const error = await errorOf(client.list(pods, { limit: 1, continue: 'nonsense' }));
    expect(error.code).toBe(400);
  });
});

describe('credentials', () => {
  const root = (): string => path.join(cluster.clusterFolder, 'pod-root');
  const folder = (): string => path.join(root(), 'var/run/secrets/kubernetes.io/serviceaccount');

  async function tokenOf(account: string): Promise<string> {
    return await cluster.kubectl('create', 'token', account, '--namespace', NAMESPACE);
  }

  it('of a pod are followed when the kubelet rotates them', async () => {
    for (const account of ['first', 'second']) {
      await cluster.kubectl('create', 'serviceaccount', account, '--namespace', NAMESPACE);
    }
    const grant = ['create', 'rolebinding', 'second', '--clusterrole=view'];
    const subject = `--serviceaccount=${NAMESPACE}:second`;
    await cluster.kubectl(...grant, subject, '--namespace', NAMESPACE);
    fs.mkdirSync(folder(), { recursive: true });
    fs.copyFileSync(cluster.caFile, path.join(folder(), 'ca.crt'));
    fs.writeFileSync(path.join(folder(), 'namespace'), NAMESPACE);
    fs.writeFileSync(path.join(folder(), 'token'), await tokenOf('first'));
    const { hostname, port } = new URL(cluster.server);
    process.env['KUBERNETES_SERVICE_HOST'] = hostname;
    process.env['KUBERNETES_SERVICE_PORT'] = port;
    const load = kubeConfigLoader({ root: root() });
    const inside = new KubeClient({ load, version: 'test', clock: realClock });
    try {
      const error = await errorOf(inside.list(pods, { namespace: NAMESPACE }));
      expect(isForbidden(error)).toBe(true);
      expect(error.message).toContain(`system:serviceaccount:${NAMESPACE}:first`);
      fs.writeFileSync(path.join(folder(), 'token'), await tokenOf('second'));
      await inside.list(pods, { namespace: NAMESPACE });
    } finally {
      inside.close();
      delete process.env['KUBERNETES_SERVICE_HOST'];
      delete process.env['KUBERNETES_SERVICE_PORT'];
    }
  });

  it('are asked of a command, as clouds have it', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: cluster.adminToken },
    };
    const file = path.join(cluster.clusterFolder, 'exec.kubeconfig');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'c', cluster: { server: cluster.server, 'certificate-authority': cluster.caFile } },
      ],
      users: [
        {
          name: 'u',
          user: {
            exec: {
              apiVersion: credential.apiVersion,
              command: 'echo',
              args: [JSON.stringify(credential)],
            },
          },
        },
      ],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    fs.writeFileSync(file, JSON.stringify(config));
    const { client: asked } = clientOf(file);
    expect((await asked.list(secrets, { namespace: NAMESPACE, limit: 1 })).items).toHaveLength(1);
    asked.close();
  });

  it('that are wrong are refused, and said so', async () => {
    const file = path.join(cluster.clusterFolder, 'wrong.kubeconfig');
    const text = fs.readFileSync(cluster.kubeconfig, 'utf8');
    fs.writeFileSync(file, text.replaceAll(cluster.adminToken, 'wrong'));
    const { client: wrong } = clientOf(file);
    expect(await errorOf(wrong.list(pods))).toMatchObject({ code: 401, reason: 'Unauthorized' });
    wrong.close();
  });
});

describe('EventRecorder', () => {
  it('writes Events that kubectl shows, and counts', async () => {
    const metadata = { namespace: NAMESPACE, name: 'told' };
    const object = await client.create(streamClusters, { metadata, spec: { fixed: {} } });
    const recorder = new EventRecorder({ client, instance: 'op-0', clock: realClock, log: QUIET });
    const event = { type: 'Warning', reason: 'WorkerExited', message: 'live-0-1 ended' } as const;
    for (let i = 0; i < 3; i += 1) recorder.record(referenceTo(object), event);
    await recorder.close();
    expect(recorder.counts).toEqual({ sent: 3, dropped: 0, failed: 0 });
    const fieldSelector = 'involvedObject.name=told';
    const { items } = await client.list(events, { namespace: NAMESPACE, fieldSelector });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ ...event, count: 3 });
    const shown = await cluster.kubectl('describe', 'streamcluster', 'told', '-n', NAMESPACE);
    expect(shown).toMatch(/WorkerExited.*x3.*streamcluster-operator.*live-0-1 ended/);
  });

  it('writes also of what lies in no namespace', async () => {
    const node = { metadata: { name: 'node-1' } };
    await client.create(resources.nodes, node);
    const recorder = new EventRecorder({ client, instance: 'op-0', clock: realClock, log: QUIET });
    const stored = await client.get(resources.nodes, { name: 'node-1' });
    recorder.record(referenceTo(stored), { type: 'Normal', reason: 'Seen', message: 'a node' });
    await recorder.close();
    expect(recorder.counts.sent).toBe(1);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../operator/src/clock.ts';
import { watchOnce } from '../../operator/src/kube/watch-once.ts';
import {
  Informer,
  isGone,
  keyOf,
  LeaderElection,
  resources,
  type InformerOptions,
  type KubeClient,
  type Pod,
} from '../../operator/src/kube/mod.ts';
import { startCluster, type TestCluster } from '../cluster/mod.ts';
import { eventuallyTrue } from '../src/harness/eventually.ts';
import { clientOf, idlePod, QUIET, type Answer } from './kube-rig.ts';

const PATIENCE_MS = 60_000;
const { pods, leases } = resources;

let cluster: TestCluster;
let client: KubeClient;
let answers: Answer[];
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  cluster = await startCluster({ level: 'api' });
  ({ client, answers } = clientOf(cluster.kubeconfig));
  for (const namespace of ['one', 'two', 'three']) {
    await cluster.kubectl('create', 'namespace', namespace);
    await eventuallyTrue(`account of ${namespace}`, PATIENCE_MS, async () => {
      await cluster.kubectl('get', 'serviceaccount', 'default', '--namespace', namespace);
      return true;
    });
  }
});

afterEach(async () => {
  await Promise.all(closers.splice(0).map(async (close) => await close()));
});

afterAll(async () => {
  client.close();
  await cluster.stop();
});

async function synced(options: Partial<InformerOptions<Pod>>): Promise<Informer<Pod>> {
  const informer = new Informer<Pod>({
    client,
    resource: pods,
    clock: realClock,
    log: QUIET,
    ...options,
  });
  closers.push(async () => await informer.close());
  informer.start();
  await informer.synced();
  return informer;
}

function keys(informer: Informer<Pod>): string {
  return informer.list().map(keyOf).sort().join();
}

async function untilKeys(informer: Informer<Pod>, expected: string): Promise<void> {
  await eventuallyTrue(expected, PATIENCE_MS, () => keys(informer) === expected);
}

async function deletePod(namespace: string, name: string): Promise<void> {
  await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0 });
}

/** How a watch from this version ends. */
async function endOf(resourceVersion: string): Promise<unknown> {
  const { signal } = new AbortController();
  const once = watchOnce({
    client,
    resource: pods,
    clock: realClock,
    resourceVersion,
    timeoutSeconds: 5,
    signal,
    onOpen: () => undefined,
    onBytes: () => undefined,
    onEvent: () => undefined,
  });
  return await once.catch((error: unknown) => error);
}

describe('Informer', () => {
  it('follows what is selected, in some namespaces', async () => {
    await client.create(pods, idlePod('one', 'before', { of: 'us' }));
    const informer = await synced({
      namespaces: ['one', 'two'],
      labelSelector: 'of=us',
      indexes: { color: ({ metadata }) => metadata.labels?.['color'] },
    });
    const told: string[] = [];
    informer.onChange((key, kind) => told.push(`${kind} ${key}`));
    expect(keys(informer)).toBe('one/before');
    await client.create(pods, idlePod('two', 'after', { of: 'us', color: 'red' }));
    await client.create(pods, idlePod('two', 'not-ours'));
    await client.create(pods, idlePod('three', 'elsewhere', { of: 'us' }));
    await untilKeys(informer, 'one/before,two/after');
    expect(informer.byIndex('color', 'red').map(keyOf)).toEqual(['two/after']);
    expect(informer.get('two/after')?.metadata).not.toHaveProperty('managedFields');
    // No longer selected is as good as deleted.
    const name = { namespace: 'one', name: 'before' };
    await client.patch(pods, name, { metadata: { labels: { of: 'them' } } });
    await untilKeys(informer, 'two/after');
    await deletePod('two', 'after');
    await untilKeys(informer, '');
    expect(told).toContain('added two/after');
    expect(told).toContain('deleted one/before');
    expect(told).toContain('deleted two/after');
  });

  it('is kept awake by bookmarks where nothing happens', async () => {
    const own = clientOf(cluster.kubeconfig);
    closers.push(() => {
      own.client.close();
      return Promise.resolve();
    });
    const informer = await synced({ client: own.client, labelSelector: 'nothing=ever' });
    const startMs = realClock.nowMs();
    // Every two minutes, as seen of Kubernetes 1.34.
    await eventuallyTrue('a bookmark', 180_000, () => {
      const contactMs = informer.lastContactMs ?? 0;
      return contactMs > startMs + 10_000;
    });
    expect(own.answers.map(({ verb }) => verb)).toEqual(['list', 'watch']);
    expect(informer.lastError).toBeUndefined();
  });

  it('finds out what happened while the API server was away, and asks seldom meanwhile', async () => {
    await client.create(pods, idlePod('one', 'stays', { outage: 'yes' }));
    await client.create(pods, idlePod('one', 'goes', { outage: 'yes' }));
    const informer = await synced({ labelSelector: 'outage=yes' });
    await cluster.apiServer.stop('SIGKILL');
    const before = answers.length;
    await sleep(15_000);
    const tried = answers.slice(before);
    expect(tried.length).toBeGreaterThan(1);
    expect(tried.length).toBeLessThanOrEqual(10);
    expect(tried.every(({ code }) => code === 0)).toBe(true);
    expect(keys(informer)).toBe('one/goes,one/stays');
    expect(informer.lastError).toBeDefined();
    await cluster.apiServer.start();
    await deletePod('one', 'goes');
    await client.create(pods, idlePod('one', 'new', { outage: 'yes' }));
    await untilKeys(informer, 'one/new,one/stays');
    await eventuallyTrue('a watch', PATIENCE_MS, () => informer.lastError === undefined);
    // From before the server was started.
    expect(isGone(await endOf('1'))).toBe(true);
  });
});

describe('LeaderElection', () => {
  function newElection(name: string, own = client): { election: LeaderElection; told: string[] } {
    const told: string[] = [];
    const election = new LeaderElection({
      client: own,
      namespace: 'one',
      name: 'operator',
      identity: `${name}_127.0.0.1:9092`,
      onStarted: () => told.push('started'),
      onStopped: () => {
        told.push('stopped');
        return Promise.resolve();
      },
      clock: realClock,
      log: QUIET,
    });
    closers.push(async () => await election.close());
    election.start();
    return { election, told };
  }

  it('hands over within three seconds, and after a death when the Lease expires', async () => {
    const first = newElection('op-1');
    await eventuallyTrue('a leader', PATIENCE_MS, () => first.election.isLeader);
    const own = clientOf(cluster.kubeconfig);
    const second = newElection('op-2', own.client);
    await eventuallyTrue('word of it', PATIENCE_MS, () => second.election.holder !== undefined);
    expect(second.election.holder).toEqual({ podName: 'op-1', host: '127.0.0.1', port: 9092 });
    const startMs = realClock.nowMs();
    await first.election.close();
    expect(first.told).toEqual(['started', 'stopped']);
    await eventuallyTrue('the other', PATIENCE_MS, () => second.election.isLeader);
    expect(realClock.nowMs() - startMs).toBeLessThan(3_000);

    const third = newElection('op-3');
    await eventuallyTrue('word of it', PATIENCE_MS, () => third.election.holder !== undefined);
    const diedMs = realClock.nowMs();
    own.client.close();
    let both = 0;
    await eventuallyTrue('the third', PATIENCE_MS, () => {
      if (second.election.isLeader && third.election.isLeader) both += 1;
      return third.election.isLeader;
    });
    const tookMs = realClock.nowMs() - diedMs;
    expect(both).toBe(0);
    expect(second.told).toEqual(['started', 'stopped']);
    expect(tookMs).toBeGreaterThan(8_000);
    expect(tookMs).toBeLessThan(20_000);
    const lease = await client.get(leases, { namespace: 'one', name: 'operator' });
    expect(lease.spec).toMatchObject({
      holderIdentity: 'op-3_127.0.0.1:9092',
      leaseDurationSeconds: 15,
      leaseTransitions: 3,
    });
    expect(lease.spec?.renewTime).toMatch(/\.\d{6}Z$/);
  });
});

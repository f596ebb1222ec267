import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Authority, NatsAccounts } from '../../operator/src/credentials/mod.ts';
import { resources, type KubeClient } from '../../operator/src/kube/mod.ts';
import { KubeSecretStore } from '../../operator/src/pods/secret-store.ts';
import { startCluster, type TestCluster } from '../cluster/mod.ts';
import { clientOf, QUIET } from './kube-rig.ts';

const NAMESPACE = 'streamcluster-system';
const MINUTE_MS = 60_000;
const START_MS = Date.now();
const TIMES = {
  caLifetimeMs: 30 * MINUTE_MS,
  leafLifetimeMs: 10 * MINUTE_MS,
  overlapMs: 3 * MINUTE_MS,
};
const CA = { namespace: NAMESPACE, name: 'sc-ca' };
const NATS = { namespace: NAMESPACE, name: 'sc-nats-auth' };
const log = QUIET;

let cluster: TestCluster;
let store: KubeSecretStore;
let client: KubeClient;

beforeAll(async () => {
  cluster = await startCluster({ level: 'api' });
  ({ client } = clientOf(cluster.kubeconfig));
  store = new KubeSecretStore(client);
  await cluster.kubectl('create', 'namespace', NAMESPACE);
});

afterEach(async () => {
  await cluster.kubectl('delete', 'secrets', '--all', '--namespace', NAMESPACE);
});

afterAll(async () => {
  client.close();
  await cluster.stop();
});

/** As many operators as there may be at once, and all that they told. */
function authorities(count: number): { all: Authority[]; events: string[] } {
  const events: string[] = [];
  const onEvent = (event: string): number => events.push(event);
  const options = { ...CA, store, log, times: TIMES, onEvent };
  return { all: Array.from({ length: count }, () => new Authority(options)), events };
}

describe('the Secret of the CA on a real API server', () => {
  it('is made once by three operators that start together', async () => {
    const { all, events } = authorities(3);
    const views = await Promise.all(all.map((one) => one.step(START_MS)));
    expect(new Set(views.map(({ bundle }) => bundle)).size).toBe(1);
    expect(events).toEqual(['created']);
    const secret = await client.get(resources.secrets, CA);
    expect(Object.keys(secret.data ?? {}).sort()).toEqual(['ca.crt', 'ca.key']);
    expect(secret.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'streamcluster',
    });
  });

  it('is rotated once, whoever steps, and both operators agree after each step', async () => {
    const { all, events } = authorities(2);
    await all[0]!.step(START_MS, true);
    for (let minute = 19; minute <= 29; minute += 1) {
      const nowMs = START_MS + minute * MINUTE_MS;
      await Promise.all(all.map((one) => one.step(nowMs, true)));
      const views = await Promise.all(all.map((one) => one.step(nowMs)));
      expect(new Set(views.map(({ bundle }) => bundle)).size).toBe(1);
    }
    const counted = (event: string): number => events.filter((told) => told === event).length;
    for (const event of ['created', 'introduced', 'switched', 'dropped']) {
      expect([event, counted(event)]).toEqual([event, 1]);
    }
  });

  it('is written back with the CA that signed, when kubectl deletes or breaks it', async () => {
    const { all, events } = authorities(1);
    const before = await all[0]!.step(START_MS, true);
    await cluster.kubectl('delete', 'secret', CA.name, '--namespace', NAMESPACE);
    const deleted = await all[0]!.step(START_MS, true);
    expect(deleted.bundle.startsWith(before.bundle)).toBe(true);
    const patch = '{"data":{"ca.key":"AAAA","ca.crt":"/////w=="}}';
    await cluster.kubectl(
      ...['patch', 'secret', CA.name, '--namespace', NAMESPACE, '--patch', patch],
    );
    const broken = await all[0]!.step(START_MS, true);
    expect(broken.bundle.startsWith(before.bundle)).toBe(true);
    expect(events).toEqual(['created', 'lost', 'lost']);
    expect((await authorities(1).all[0]!.step(START_MS)).bundle).toBe(broken.bundle);
  });

  it('does not stop an operator whose namespace is gone', async () => {
    const { all, events } = authorities(1);
    const before = await all[0]!.step(START_MS, true);
    const gone = new Authority({
      ...{ store, log, times: TIMES, namespace: 'gone', name: 'sc-ca' },
      onEvent: (event) => events.push(event),
    });
    await expect(gone.step(START_MS)).rejects.toThrow();
    expect(events).toContain('unreachable');
    expect((await all[0]!.step(START_MS)).bundle).toBe(before.bundle);
  });
});

describe('the Secret of the NATS accounts on a real API server', () => {
  it('is made once by three operators, written back, and left alone', async () => {
    const events: string[] = [];
    const onEvent = (event: string): number => events.push(event);
    const all = [1, 2, 3].map(() => new NatsAccounts({ ...NATS, store, log, onEvent }));
    const views = await Promise.all(all.map((one) => one.step()));
    expect(new Set(views.map(({ operatorCreds }) => operatorCreds)).size).toBe(1);
    const before = await client.get(resources.secrets, NATS);
    await Promise.all(all.map((one) => one.step()));
    const after = await client.get(resources.secrets, NATS);
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    await cluster.kubectl('delete', 'secret', NATS.name, '--namespace', NAMESPACE);
    await Promise.all(all.map((one) => one.step()));
    expect((await client.get(resources.secrets, NATS)).data).toEqual(before.data);
    expect(events.filter((event) => event === 'created')).toHaveLength(1);
    expect(events).toContain('lost');
  });
});

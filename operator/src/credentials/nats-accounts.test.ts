import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { loadSubject } from '@streamcluster/proto';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
// The very code that workers run, on the rights that we give them.
import { NatsBus } from '../../../worker/src/cluster/adapters/nats-bus.ts';
import { realRandom } from '../../../worker/src/cluster/adapters/real-random.ts';
import { Told } from '../../../worker/src/cluster/testing/bus-contract.ts';
import { realClock } from '../../../worker/src/stream/clock.ts';
import { natsAuthenticator } from './nats-authenticator.ts';
import { NatsAccounts, type NatsAccountsView } from './nats-accounts.ts';
import { MemoryStore } from './testing/memory-store.ts';
import { AuthNatsServer } from './testing/nats-server.ts';
import { makeWorkerCreds } from './worker-creds.ts';

const log = pino({ enabled: false });
const DAY_MS = 86_400_000;
const LIVE = { namespace: 'media', cluster: 'live' };
const OTHER = { namespace: 'media', cluster: 'other' };
const BUCKETS = { live: 'sc-0b6e-1', other: 'sc-0b6e-2' };

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 10 });

describe('rights on a real nats-server', () => {
  const server = new AuthNatsServer();
  const buses: NatsBus[] = [];
  const connections: NatsConnection[] = [];
  let accounts: NatsAccountsView;

  beforeAll(async () => {
    const store = new MemoryStore();
    const options = { store, namespace: 'sys', name: 'auth', log, onEvent: () => undefined };
    accounts = await new NatsAccounts(options).step();
    await server.start((await store.read('sys', 'auth'))!.data['auth.conf']!);
  });
  afterAll(() => server.close());
  afterEach(async () => {
    for (const bus of buses.splice(0)) await bus.close();
    for (const nc of connections.splice(0)) await nc.close();
  });

  function credsOf(pod: string, cluster = LIVE, lifetimeMs = DAY_MS): string {
    const bucket = cluster === LIVE ? BUCKETS.live : BUCKETS.other;
    const identity = { ...cluster, pod };
    const nowMs = Date.now();
    return makeWorkerCreds({ identity, bucket, accounts, lifetimeMs, nowMs });
  }

  /** A connection with which everything may be tried; `violations` are the server's words. */
  async function worker(pod: string, cluster = LIVE): Promise<NatsConnection> {
    const creds = credsOf(pod, cluster);
    return await open({
      authenticator: natsAuthenticator(() => creds),
      inboxPrefix: `_INBOX_${pod}`,
    });
  }

  const operator = (): Promise<NatsConnection> =>
    open({ authenticator: natsAuthenticator(() => accounts.operatorCreds) });

  async function open(options: object): Promise<NatsConnection> {
    const nc = await connect({ servers: server.url, ...options, timeout: 2_000, reconnect: false });
    connections.push(nc);
    return nc;
  }

  async function bus(pod: string, cluster = LIVE): Promise<NatsBus> {
    const creds = credsOf(pod, cluster);
    const secrets = {
      authenticator: natsAuthenticator(() => creds),
      inboxPrefix: `_INBOX_${pod}`,
    };
    const made = new NatsBus({
      url: server.url,
      bucket: cluster === LIVE ? BUCKETS.live : BUCKETS.other,
      name: pod,
      clock: realClock,
      random: realRandom,
      log,
      credentials: { secrets: () => secrets, isStale: false },
      counters: { count: () => undefined },
    });
    buses.push(made);
    made.start();
    await until(() => made.isConnected);
    return made;
  }

  /** What the server says of a subscription or a message that it refuses. */
  async function violation(nc: NatsConnection, act: () => void): Promise<string> {
    const said: string[] = [];
    void (async () => {
      for await (const status of nc.status()) {
        if (status.type === 'error') said.push(JSON.stringify(status));
      }
    })();
    act();
    // The server's complaint comes before its answer to the ping.
    await nc.flush();
    await nc.flush();
    return said.join();
  }

  it('lets the real workers make, watch, read and write the directory, and report', async () => {
    const [one, two] = [await bus('live-0-1'), await bus('live-1-1')];
    const told = new Told().follow(two);
    await until(() => told.loads === 1);
    const heard: string[] = [];
    const subject = loadSubject('media', 'live', '*');
    two.subscribe(subject, (payload) => heard.push(Buffer.from(payload).toString()));
    expect(await one.write('a2V5', Buffer.from('x'), 0)).toEqual({ kind: 'written', revision: 1 });
    expect(await one.write('a2V5', Buffer.from('y'), 9)).toEqual({ kind: 'conflict' });
    expect(await two.read('a2V5')).toMatchObject({ kind: 'found', revision: 1 });
    await until(() => told.entries.get('a2V5') === 'x');
    expect(await one.write('a2V5', undefined, 1)).toMatchObject({ kind: 'written' });
    await until(() => told.entries.get('a2V5') === undefined);
    await vi.waitFor(() => {
      one.publish(loadSubject('media', 'live', 'live-0-1'), Buffer.from('report'));
      expect(heard).toContain('report');
    });
  });

  it('lets workers make a bucket anew that was deleted', async () => {
    const made = await bus('live-0-1');
    const told = new Told().follow(made);
    await until(() => told.loads === 1);
    await (await jetstreamManager(await operator())).streams.delete(`KV_${BUCKETS.live}`);
    expect(await made.write('a', Buffer.from('x'), 0)).toEqual({ kind: 'conflict' });
    expect(await made.write('a', Buffer.from('x'), 0)).toMatchObject({ kind: 'written' });
  });

  it('lets the operator do everything in the account', async () => {
    const nc = await operator();
    const kv = await new Kvm(nc).create('sc-any', { history: 1 });
    await kv.put('k', 'v');
    expect((await kv.get('k'))?.string()).toBe('v');
    await kv.destroy();
    const heard: string[] = [];
    nc.subscribe('sc.*.*.load.*', { callback: (_, { subject }) => void heard.push(subject) });
    await nc.flush();
    (await worker('live-0-1')).publish('sc.media.live.load.live-0-1', 'x');
    await until(() => heard.includes('sc.media.live.load.live-0-1'));
  });

  it.each([
    ['speak for another worker', 'sc.media.live.load.live-1-1'],
    ['speak for another cluster', 'sc.media.other.load.live-0-1'],
    ['write to the bucket of another cluster', `$KV.${BUCKETS.other}.a`],
    ['delete the bucket', `$JS.API.STREAM.DELETE.KV_${BUCKETS.live}`],
    ['empty the bucket', `$JS.API.STREAM.PURGE.KV_${BUCKETS.live}`],
    ['change the bucket', `$JS.API.STREAM.UPDATE.KV_${BUCKETS.live}`],
    ['delete one message', `$JS.API.STREAM.MSG.DELETE.KV_${BUCKETS.live}`],
    ['list streams', '$JS.API.STREAM.NAMES'],
    ['look at the bucket of another cluster', `$JS.API.STREAM.INFO.KV_${BUCKETS.other}`],
    ['read from the bucket of another cluster', `$JS.API.STREAM.MSG.GET.KV_${BUCKETS.other}`],
    ['read directly from it', `$JS.API.DIRECT.GET.KV_${BUCKETS.other}.$KV.${BUCKETS.other}.a`],
    ['watch it', `$JS.API.CONSUMER.CREATE.KV_${BUCKETS.other}.x.$KV.${BUCKETS.other}.>`],
    ['answer into the inbox of another worker', '_INBOX_live-1-1.x'],
    ['answer into the inbox of the operator', '_INBOX.x'],
    ['ask the system', '$SYS.REQ.SERVER.PING'],
  ])('does not let a worker %s', async (_, subject) => {
    const nc = await worker('live-0-1');
    const said = await violation(nc, () => nc.publish(subject, '{}'));
    expect(said).toMatch(/publish.*PermissionViolation/);
  });

  it.each([
    ['reports of other clusters', 'sc.media.other.load.*'],
    ['everything', '>'],
    ['the directory of another cluster', `$KV.${BUCKETS.other}.>`],
    ['answers to the operator', '_INBOX.>'],
    ['answers to another worker', '_INBOX_live-1-1.>'],
    ['answers to all workers', '*.>'],
    ['the system', '$SYS.>'],
  ])('does not let a worker hear %s', async (_, subject) => {
    const nc = await worker('live-0-1');
    const said = await violation(nc, () => void nc.subscribe(subject));
    expect(said).toMatch(/subscription.*PermissionViolation/);
  });

  it('complains of nothing that a worker may do', async () => {
    const nc = await worker('live-0-1');
    const said = await violation(nc, () => {
      nc.subscribe('sc.media.live.load.*');
      nc.publish('sc.media.live.load.live-0-1', 'x');
    });
    expect(said).toBe('');
  });

  it('keeps the API of the bucket of another cluster from a worker, whatever it asks', async () => {
    await new Kvm(await operator()).create(BUCKETS.other, { history: 1 });
    const nc = await worker('live-0-1');
    const manager = await jetstreamManager(nc, { checkAPI: false, timeout: 500 });
    await expect(manager.streams.info(`KV_${BUCKETS.other}`)).rejects.toThrow();
    await expect(manager.streams.delete(`KV_${BUCKETS.live}`)).rejects.toThrow();
    await expect(manager.streams.add({ name: 'mine', subjects: ['sc.>'] })).rejects.toThrow();
    expect(await (await bus('other-0-1', OTHER)).read('a')).toEqual({
      kind: 'absent',
      revision: 0,
    });
  });

  it('shows by its subject what a consumer of a worker delivers elsewhere', async () => {
    const heard: string[] = [];
    const subject = 'sc.media.other.load.other-0-1';
    const listener = await operator();
    listener.subscribe(subject, {
      callback: (_, message) => void heard.push(message.subject),
    });
    await listener.flush();
    const nc = await worker('live-0-1');
    await (await new Kvm(nc).create(BUCKETS.live, { history: 1 })).put('forged', 'report');
    const manager = await jetstreamManager(nc, { checkAPI: false });
    await manager.consumers.add(`KV_${BUCKETS.live}`, { deliver_subject: subject });
    await until(() => heard.length > 0);
    expect(heard.every((one) => one.startsWith('$KV.'))).toBe(true);
  });

  it('refuses credentials that are over, and those of other accounts', async () => {
    const over = credsOf('live-0-1', LIVE, -10_000);
    await expect(open({ authenticator: natsAuthenticator(() => over) })).rejects.toThrow();
    const store = new MemoryStore();
    const options = { store, namespace: 'x', name: 'y', log, onEvent: () => undefined };
    const stranger = await new NatsAccounts(options).step();
    const creds = stranger.operatorCreds;
    await expect(open({ authenticator: natsAuthenticator(() => creds) })).rejects.toThrow();
    await expect(open({})).rejects.toThrow();
  });
});

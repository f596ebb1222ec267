import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realClock, type Clock } from '../../stream/clock.ts';
import { describeBus, Told, type BusRig } from '../testing/bus-contract.ts';
import { NatsServer } from '../testing/nats-server.ts';
import { NatsBus } from './nats-bus.ts';
import { realRandom } from './real-random.ts';

const log = pino({ enabled: false });
/** Everything twenty times as often: ten seconds are too long for a test. */
const hastyClock: Clock = {
  ...realClock,
  setTimer: (delayMs, callback) => realClock.setTimer(delayMs / 20, callback),
};
const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error('not yet');
    },
    { timeout: 15_000, interval: 10 },
  );

function open(url: string, bucket: string): NatsBus {
  const bus = new NatsBus({
    url,
    bucket,
    name: 'test',
    clock: hastyClock,
    random: realRandom,
    log,
    counters: { count: () => undefined },
  });
  bus.start();
  return bus;
}

async function deleteBucket(url: string, bucket: string): Promise<void> {
  const nc = await connect({ servers: url });
  await (await jetstreamManager(nc)).streams.delete(`KV_${bucket}`);
  await nc.close();
}

describeBus('NATS', async (): Promise<BusRig> => {
  const server = await NatsServer.start();
  const buses: NatsBus[] = [];
  return {
    async connect() {
      const bus = open(server.url, 'contract');
      buses.push(bus);
      await until(() => bus.isConnected);
      return bus;
    },
    until,
    settle: (promise) => promise,
    wipe: () => deleteBucket(server.url, 'contract'),
    async hang(isHung) {
      if (isHung) await server.hang();
      else server.wake();
    },
    async close() {
      await Promise.all(buses.map((bus) => bus.close()));
      await server.close();
    },
  };
});

describe('NatsBus', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start();
  }, 60_000);
  afterAll(async () => {
    await server.close();
  });

  it('comes through a server that is away at start, and dies', async () => {
    await server.stop();
    const bus = open(server.url, 'outage');
    const told = new Told().follow(bus);
    const changes: boolean[] = [];
    bus.onConnection((isConnected) => changes.push(isConnected));
    expect(await bus.read('k')).toEqual({ kind: 'unavailable' });
    expect(await bus.write('k', Buffer.from('x'), 0)).toEqual({ kind: 'unavailable' });
    await server.resume();
    await until(() => told.loads === 1);
    expect(await bus.write('k', Buffer.from('x'), 0)).toMatchObject({ kind: 'written' });
    await server.stop();
    await until(() => !bus.isConnected);
    expect(await bus.read('k')).toEqual({ kind: 'unavailable' });
    await server.resume();
    await until(() => told.loads === 2);
    expect(told.entries.get('k')).toBe('x');
    expect(changes).toEqual([true, false, true]);
    await bus.close();
  }, 30_000);

  it('notices a server that hangs before its silence makes others look dead', async () => {
    const bus = open(server.url, 'hung');
    await until(() => bus.isConnected);
    const startMs = performance.now();
    await server.hang();
    await until(() => !bus.isConnected);
    // 6 s without a report, less the longest time since the last one.
    expect(performance.now() - startMs).toBeLessThan(3_800);
    server.wake();
    await until(() => bus.isConnected);
    await bus.close();
  }, 30_000);

  it('makes a deleted bucket anew when it writes to it', async () => {
    const bus = open(server.url, 'deleted');
    await until(() => bus.isConnected);
    const told = new Told().follow(bus);
    await until(() => told.loads === 1);
    expect(await bus.write('k', Buffer.from('x'), 0)).toMatchObject({ kind: 'written' });
    await deleteBucket(server.url, 'deleted');
    expect(await bus.write('k', Buffer.from('y'), 1)).toEqual({ kind: 'conflict' });
    expect(await bus.write('k', Buffer.from('y'), 0)).toEqual({ kind: 'written', revision: 1 });
    await until(() => told.loads === 2 && told.entries.get('k') === 'y');
    await bus.close();
  }, 30_000);

  it('says and counts once that nothing is stored, and when it is again', async () => {
    const said: unknown[] = [];
    const counted: string[] = [];
    const bus = new NatsBus({
      ...{ url: server.url, bucket: 'full', name: 'test', clock: hastyClock, random: realRandom },
      log: pino(
        {},
        { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) },
      ),
      counters: { count: (reason) => counted.push(reason) },
    });
    bus.start();
    bus.watch({
      onReset: () => undefined,
      onEntry: () => undefined,
      onLoaded: () => said.push('loaded'),
    });
    await until(() => said.includes('loaded'));
    const nc = await connect({ servers: server.url });
    const { streams } = await jetstreamManager(nc);
    // As on a full disk, the server answers and takes nothing.
    const { config } = await streams.info('KV_full');
    await streams.update('KV_full', { ...config, max_msg_size: 1 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await bus.write('key', Buffer.from('value'), 0)).toEqual({ kind: 'unavailable' });
    }
    await streams.update('KV_full', { ...config, max_msg_size: -1 });
    expect(await bus.write('key', Buffer.from('value'), 0)).toMatchObject({ kind: 'written' });
    expect(said.filter((text) => String(text).startsWith('directory stores'))).toEqual([
      'directory stores nothing',
      'directory stores again',
    ]);
    expect(counted).toEqual(['NATS_REFUSED']);
    await nc.close();
    await bus.close();
  });
});

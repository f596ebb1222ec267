import { RELAY_FAN_OUT } from '@streamcluster/placement';
import { beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import type { RelayQuery } from './relay-door.ts';
import { Sim, type SimWorker } from './testing/sim.ts';
import { depths, upstreams } from './testing/relay-paths.ts';
import { Pictures } from './testing/watching.ts';

const NAME = streamName('live', 'news')!;
const WORKERS = 75;

describe('a stream that many workers pull', () => {
  let sim: Sim;
  let ingest: SimWorker;
  let home: SimWorker;
  let rest: SimWorker[];

  beforeEach(async () => {
    sim = new Sim();
    const ids = Array.from({ length: WORKERS }, (_, at) => `w-${at}`);
    [ingest, home, ...rest] = (await sim.add(...ids)) as [SimWorker, SimWorker];
    sim.operator = (): string => 'w-1';
    await ingest.publish(NAME);
    await sim.run(500);
  }, 30_000);

  const fed = (): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const upstream of upstreams(sim, NAME).values()) {
      counts.set(upstream, (counts.get(upstream) ?? 0) + 1);
    }
    return counts;
  };
  const watch = async (workers: readonly SimWorker[]): Promise<Pictures[]> => {
    const viewing = Promise.all(workers.map(({ cluster }) => cluster.view(NAME)));
    await sim.settle(viewing);
    const pictures: Pictures[] = [];
    for (const worker of workers) pictures.push(new Pictures(await worker.view(NAME)));
    await sim.run(1_000);
    return pictures;
  };
  const expectSpread = (pictures: readonly Pictures[], deepest: number): void => {
    for (const [worker, count] of fed()) {
      expect(count, worker).toBeLessThanOrEqual(RELAY_FAN_OUT);
      expect(sim.workers.get(worker)?.stream(NAME)?.viewerCounts()['relay']).toBe(count);
    }
    expect(Math.max(...depths(sim, NAME).values())).toBeLessThanOrEqual(deepest);
    for (const one of pictures) expect(one.check()).toBeGreaterThan(20);
  };

  it('reaches all who come at once, from a tree below one home', async () => {
    const pictures = await watch(rest);
    expect(upstreams(sim, NAME).size).toBe(WORKERS - 1);
    expect(fed().get('w-1')).toBe(RELAY_FAN_OUT);
    expectSpread(pictures, 3);
    await sim.run(20_000);
    expectSpread(pictures, 3);
  });

  it('hangs on replicas once it has them, and on none of the others any more', async () => {
    const pictures = await watch(rest);
    const replicas = ['w-2', 'w-3', 'w-4'];
    const call = { stream: NAME.key, epoch: 1, home: 'w-1', replicas, reason: 'Split' };
    expect(await sim.settle(ingest.cluster.control.serve(call))).toMatchObject({
      result: 'done',
      notReady: [],
    });
    await sim.run(30_000);
    const servers = new Set(['w-0', 'w-1', ...replicas]);
    for (const upstream of upstreams(sim, NAME).values()) expect(servers).toContain(upstream);
    for (const replica of replicas) expect(upstreams(sim, NAME).get(replica)).toBe('w-1');
    expectSpread(pictures, 3);
    // Whose first server was full stays at the next one.
    const dialed = rest.map(({ dialed: all }) => all.length);
    await sim.run(40_000);
    expect(rest.map(({ dialed: all }) => all.length)).toEqual(dialed);
    home.kill();
    await sim.run(10_000);
    const others = pictures.filter((_, at) => rest[at] !== home);
    expectSpread(others, 3);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-2', replicas: ['w-4', 'w-3'] });
  });

  it('loses nobody when those die whom others were sent to', async () => {
    const pictures = await watch(rest);
    const servers = new Set(['w-0', 'w-1']);
    const parents = new Set([...upstreams(sim, NAME).values()].filter((one) => !servers.has(one)));
    expect(parents.size).toBeGreaterThan(0);
    for (const parent of parents) sim.workers.get(parent)?.kill();
    await sim.run(3_000);
    expectSpread(
      pictures.filter((_, at) => !parents.has(rest[at]!.id)),
      4,
    );
  });

  it('has room for home and replicas, always: somebody else goes', async () => {
    await watch(rest);
    const query: RelayQuery = {
      ...{ name: NAME, worker: 'w-new', epoch: 1 },
      ...{ isFromIngest: false, isServer: false, isSentOn: false },
    };
    const { guests } = home.cluster;
    await expect(sim.settle(home.cluster.seat(query))).rejects.toMatchObject({
      code: 'RELAY_FULL',
      tryWorker: expect.stringMatching(/^w-\d+$/) as string,
    });
    const seat = await sim.settle(home.cluster.seat({ ...query, isServer: true }));
    expect(guests.count(NAME.key)).toBe(RELAY_FAN_OUT);
    seat.giveUp();
    expect(guests.count(NAME.key)).toBe(RELAY_FAN_OUT - 1);
    // Whoever had to go hangs elsewhere.
    await sim.run(1_000);
    expect(upstreams(sim, NAME).size).toBe(WORKERS - 1);
  });

  it('is not taken from one that hangs on no server itself', async () => {
    await watch(rest);
    const child = [...upstreams(sim, NAME)].find(([, from]) => from !== 'w-1' && from !== 'w-0');
    const query = {
      name: NAME,
      worker: 'w-new',
      epoch: 1,
      isFromIngest: false,
      isServer: false,
      isSentOn: true,
    };
    const asked = sim.workers.get(child![0])!.cluster.seat(query);
    await expect(sim.settle(asked)).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' });
  });
});

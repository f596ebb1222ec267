import { pick, seededRandom } from '@streamcluster/placement';
import { beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import type { ServeAnswer } from './peers.ts';
import { Sim, type SimPublisher, type SimWorker } from './testing/sim.ts';
import { depths, upstreams } from './testing/relay-paths.ts';
import { Pictures } from './testing/watching.ts';

const NAME = streamName('live', 'news')!;
const KEY = NAME.key;

describe('who serves a stream', () => {
  let sim: Sim;
  let ingest: SimWorker;
  let others: SimWorker[];
  let publisher: SimPublisher;

  beforeEach(async () => {
    sim = new Sim();
    [ingest, ...others] = (await sim.add('w-in', 'w-a', 'w-b', 'w-c', 'w-d')) as [SimWorker];
    sim.operator = (): string => 'w-a';
    publisher = await ingest.publish(NAME);
    await sim.run(500);
  });

  const epoch = (): number => sim.entry(NAME)?.epoch ?? 0;
  const serve = (
    home: string,
    replicas: readonly string[] = [],
    at = epoch(),
  ): Promise<ServeAnswer> => {
    const call = { stream: KEY, epoch: at, home, replicas, reason: 'Test' };
    return sim.settle(ingest.cluster.control.serve(call));
  };
  const watchAll = async (workers = [ingest, ...others]): Promise<Pictures[]> => {
    const pictures: Pictures[] = [];
    for (const worker of workers) pictures.push(new Pictures(await worker.view(NAME)));
    await sim.run(500);
    return pictures;
  };
  const headMs = (all: readonly Pictures[]): number => Math.max(...all.map(({ lastMs }) => lastMs));
  /** Nobody lost a picture, nobody got one twice, nobody is behind. */
  const expectWhole = (all: readonly Pictures[]): void => {
    for (const one of all) one.check();
    for (const { lastMs } of all) expect(headMs(all) - lastMs).toBeLessThanOrEqual(200);
  };

  it('changes again and again, and viewers on all workers notice nothing', async () => {
    const random = seededRandom(11);
    const pictures = await watchAll();
    for (let move = 0; move < 40; move += 1) {
      const ids = others.map(({ id }) => id);
      const home = pick(random, ['w-in', ...ids])!;
      const replicas = ids.filter((id) => id !== home && random.next() < 0.4);
      const { result } = await serve(home, replicas);
      expect(['done', 'unchanged']).toContain(result);
      expect(sim.entry(NAME)).toMatchObject({ home, replicas, ingest: 'w-in' });
      await sim.run(Math.ceil(random.next() * 700));
      for (const depth of depths(sim, NAME).values()) expect(depth).toBeLessThanOrEqual(3);
      expectWhole(pictures);
    }
    expect(epoch()).toBeGreaterThan(25);
  });

  it('is new only once it has all of the stream', async () => {
    await watchAll([others[3]!]);
    const seen: boolean[] = [];
    const { directory, relays } = others[1]!.cluster;
    directory.onEntry((_key, entry) => {
      if (entry?.epoch === 2) seen.push(relays.get(KEY)?.isReady === true);
    });
    expect(await serve('w-b', ['w-c'])).toMatchObject({
      result: 'done',
      place: { home: 'w-b', replicas: ['w-c'], epoch: 2 },
    });
    await sim.run(200);
    expect(seen).toEqual([true]);
    expect(upstreams(sim, NAME).get('w-b')).toBe('w-in');
    expect(upstreams(sim, NAME).get('w-c')).toBe('w-b');
  });

  it('pulls nothing where nobody watches', async () => {
    expect((await serve('w-b', ['w-c'])).result).toBe('done');
    await sim.run(1_000);
    expect([...upstreams(sim, NAME)]).toEqual([]);
  });

  it('goes on feeding those who have not heard of it yet', async () => {
    const pictures = await watchAll([others[3]!]);
    expect(upstreams(sim, NAME).get('w-d')).toBe('w-a');
    others[3]!.bus.setConnected(false);
    await serve('w-b');
    await sim.run(3_000);
    expect(upstreams(sim, NAME).get('w-d')).toBe('w-a');
    expect(upstreams(sim, NAME).get('w-a')).toBe('w-b');
    expectWhole(pictures);
    others[3]!.bus.setConnected(true);
    await sim.run(1_000);
    expect(upstreams(sim, NAME).get('w-d')).toBe('w-b');
    expectWhole(pictures);
    // Nobody reads there any more.
    await sim.run(12_000);
    expect(others[0]!.stream(NAME)).toBeUndefined();
  });

  it('is said once more to whoever asks again', async () => {
    await watchAll([others[3]!]);
    const first = await serve('w-b', [], 1);
    const again = await serve('w-b', [], 1);
    expect([first.result, again.result]).toEqual(['done', 'unchanged']);
    expect(again.place?.epoch).toBe(2);
  });

  it('is one answer for two who ask the same at once, and busy for another', async () => {
    await watchAll([others[3]!]);
    const call = { stream: KEY, epoch: 1, home: 'w-b', replicas: [], reason: 'Test' };
    const { control } = ingest.cluster;
    const answers = sim.settle(
      Promise.all([
        control.serve(call),
        control.serve(call),
        control.serve({ ...call, home: 'w-c' }),
      ]),
    );
    expect((await answers).map(({ result }) => result)).toEqual(['done', 'done', 'busy']);
    expect(epoch()).toBe(2);
  });

  it('stays for who decided on an older entry', async () => {
    await serve('w-b');
    expect(await serve('w-c', [], 1)).toMatchObject({
      result: 'newer-epoch',
      place: { home: 'w-b', epoch: 2, ingest: 'w-in' },
    });
  });

  it('is not for others than the ingest worker to say', async () => {
    const call = { stream: KEY, epoch: 1, home: 'w-b', replicas: [], reason: 'Test' };
    expect(await others[0]!.cluster.control.serve(call)).toMatchObject({
      result: 'not-ingest',
      place: { ingest: 'w-in' },
    });
  });

  it.each([
    ['an unknown home', 'w-none', []],
    ['a home among its replicas', 'w-b', ['w-b']],
    ['a replica twice', 'w-b', ['w-c', 'w-c']],
    ['the ingest worker as replica', 'w-b', ['w-in']],
  ])('cannot be %s', async (_what, home, replicas) => {
    expect((await serve(home, replicas)).result).toBe('invalid');
    expect(epoch()).toBe(1);
  });

  it.each([
    ['hangs', (worker: SimWorker) => void (worker.isHung = true)],
    ['died', (worker: SimWorker) => worker.kill()],
    ['drains', (worker: SimWorker) => worker.cluster.control.drain(DRAIN)],
    ['is full', (worker: SimWorker) => void (worker.busy = 1)],
  ])('is not one that %s', async (_what, spoil) => {
    const pictures = await watchAll([others[3]!]);
    spoil(others[1]!);
    await sim.run(12_000);
    expect(await serve('w-b')).toMatchObject({ result: 'target-not-ready', notReady: ['w-b'] });
    expect(await serve('w-a', ['w-b', 'w-c'])).toMatchObject({
      result: 'done',
      notReady: ['w-b'],
      place: { home: 'w-a', replicas: ['w-c'], epoch: 2 },
    });
    expect((await serve('w-a', ['w-c', 'w-b'])).result).toBe('target-not-ready');
    await sim.run(1_000);
    expectWhole(pictures);
  });

  it('is not changed while the directory is away', async () => {
    await watchAll([others[3]!]);
    ingest.bus.setConnected(false);
    expect((await serve('w-b')).result).toBe('directory-unavailable');
    ingest.bus.setConnected(true);
    await sim.run(1_000);
    expect((await serve('w-b')).result).toBe('done');
  });

  it('is written once, also when the answer to that is lost', async () => {
    ingest.bus.lostAnswers = 1;
    expect((await serve('w-b')).result).toBe('done');
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-b', epoch: 2 });
  });

  it('is as before when what was announced is not written', async () => {
    await watchAll([others[1]!]);
    expect(upstreams(sim, NAME).get('w-b')).toBe('w-a');
    const place = { ingestWorker: 'w-in', home: 'w-b', replicas: [], epoch: 2 };
    const prepared = others[1]!.cluster.control.prepare({ stream: KEY, ...place });
    expect(await sim.settle(prepared)).toBeUndefined();
    expect(upstreams(sim, NAME).get('w-b')).toBe('w-in');
    await sim.run(11_000);
    expect(upstreams(sim, NAME).get('w-b')).toBe('w-a');
  });

  it('is not prepared for by the entry of long ago', async () => {
    await serve('w-b');
    await sim.run(100);
    const place = { ingestWorker: 'w-in', home: 'w-c', replicas: [] };
    const { control } = others[2]!.cluster;
    const old = { stream: KEY, ...place, epoch: 2 };
    expect(await sim.settle(control.prepare(old))).toBe('newer-epoch');
    expect(await sim.settle(ingest.cluster.control.prepare({ ...old, epoch: 3 }))).toBe(
      'newer-epoch',
    );
  });

  it('is a replica when the home dies, and viewers elsewhere lose nothing', async () => {
    await serve('w-a', ['w-b', 'w-c']);
    const pictures = await watchAll([ingest, ...others.slice(1)]);
    others[0]!.kill();
    await sim.run(1_500);
    expectWhole(pictures);
    await sim.run(8_000);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-b', replicas: ['w-c'], epoch: 3 });
    expectWhole(pictures);
  });

  it('is fewer when replicas die one after the other', async () => {
    await serve('w-a', ['w-b', 'w-c']);
    const pictures = await watchAll([ingest, others[0]!, others[3]!]);
    others[2]!.kill();
    await sim.run(9_000);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-a', replicas: ['w-b'] });
    others[1]!.kill();
    await sim.run(9_000);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-a', replicas: [] });
    expectWhole(pictures);
  });

  it('stays when the publisher comes back elsewhere, as far as it lives', async () => {
    await serve('w-a', ['w-b', 'w-c', 'w-d']);
    const viewer = await others[3]!.view(NAME);
    await sim.run(500);
    publisher.lose();
    others[1]!.kill();
    await sim.run(7_000);
    await others[2]!.publish(NAME);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-c', home: 'w-a', replicas: ['w-d'] });
    await sim.run(1_000);
    expect(viewer.closed).toEqual([]);
    expect(upstreams(sim, NAME).get('w-d')).toBe('w-a');
  });

  it('is given away by a worker that drains, home or replica', async () => {
    await serve('w-a', ['w-b', 'w-c']);
    const pictures = await watchAll();
    others[1]!.cluster.control.drain(DRAIN);
    await sim.run(1_000);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-a', replicas: ['w-c'] });
    others[0]!.cluster.control.drain(DRAIN);
    await sim.run(1_000);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-c', replicas: [], ingest: 'w-in' });
    sim.operator = (): string => 'w-d';
    others[2]!.cluster.control.drain(DRAIN);
    await sim.run(1_000);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-d', replicas: [], ingest: 'w-in' });
    expectWhole(pictures);
  });

  it('is told in reports, with who pulls from whom', async () => {
    await serve('w-a', ['w-b']);
    await watchAll([others[2]!]);
    const infos = (worker: SimWorker) => worker.cluster.infos.list()[0];
    expect(infos(ingest)).toMatchObject({ role: 1, relaysOut: 1, replicas: ['w-b'] });
    expect(infos(others[0]!)).toMatchObject({ role: 2, upstreamWorker: 'w-in' });
    expect(infos(others[2]!)?.upstreamWorker).toMatch(/^w-[ab]$/);
    await sim.settle(others[1]!.cluster.view(NAME));
    expect(infos(others[1]!)).toMatchObject({ role: 5, upstreamWorker: 'w-a', homeWorker: 'w-a' });
    expect(infos(others[1]!)?.epoch).toBe(2n);
  });
});

const DRAIN = {
  deadlineSeconds: 60,
  publisherGraceSeconds: 50,
  lingerSeconds: 50,
  reason: 'Command',
};

import { bucketKey, encodeDirectoryEntry } from '@streamcluster/proto';
import { beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import { Sim, type SimPublisher, type SimWorker } from './testing/sim.ts';

const NAME = streamName('live', 'news')!;
/** As a worker asks that has no part in the stream. */
const QUERY = {
  name: NAME,
  worker: 'w-asks',
  epoch: 0,
  isFromIngest: false,
  isServer: false,
  isSentOn: false,
};

describe('view', () => {
  let sim: Sim;
  let ingest: SimWorker;
  let home: SimWorker;
  let third: SimWorker;
  let publisher: SimPublisher;

  beforeEach(async () => {
    sim = new Sim();
    const added = await sim.add('w-ingest', 'w-home', 'w-third');
    ingest = added[0]!;
    home = added[1]!;
    third = added[2]!;
    sim.operator = (): string => 'w-home';
    publisher = await ingest.publish(NAME);
    await sim.run(500);
  });

  it('attaches to a local publisher without asking anybody', () => {
    expect(ingest.cluster.viewSync(NAME)).toBe(ingest.stream(NAME));
  });

  it('lets a home that nobody reads from pull nothing', async () => {
    await sim.run(20_000);
    expect(home.dialed).toEqual([]);
  });

  it('goes by the home, which goes by the ingest worker', async () => {
    const viewer = await third.view(NAME);
    await sim.run(1_000);
    expect(third.dialed.map(({ address }) => address)).toEqual(['w-home:1']);
    expect(home.dialed.map(({ address }) => address)).toEqual(['w-ingest:1']);
    expect(viewer.tags().length).toBeGreaterThan(20);
  });

  it('shares one relay among all who view at once', async () => {
    const streams = await sim.settle(Promise.all([1, 2, 3].map(() => third.cluster.view(NAME))));
    expect(new Set(streams).size).toBe(1);
    expect(third.dialed.length).toBe(1);
  });

  it('follows an entry of a lower epoch, when the directory was lost', async () => {
    await third.view(NAME);
    const call = { stream: NAME.key, epoch: 1, home: 'w-home', replicas: ['w-third'] };
    await sim.settle(ingest.cluster.control.serve({ ...call, reason: 'Test' }));
    await sim.run(1_000);
    expect(third.cluster.relays.get(NAME.key)?.place.epoch).toBe(2);
    ingest.bus.setConnected(false);
    sim.nats.wipe();
    const entry = { home: 'w-home', ingest: 'w-home', replicas: [], epoch: 1 };
    const value = encodeDirectoryEntry({ ...entry, publishedUnixMs: 1, nonce: 'n' });
    sim.nats.write(bucketKey(NAME.key), value, 0);
    await sim.run(100);
    expect(third.cluster.relays.get(NAME.key)?.place).toMatchObject(entry);
  });

  it('follows who has a stream that it handed over, unless the directory was lost since', async () => {
    await ingest.view(NAME);
    publisher.lose();
    const release = { stream: NAME.key, epoch: 1, newIngestWorker: 'w-third' };
    ingest.cluster.control.release(release);
    const place = () => ingest.cluster.relays.get(NAME.key)?.place;
    // The entry that is there is read anew, and is the one of before.
    ingest.bus.setConnected(false);
    ingest.bus.setConnected(true);
    await sim.run(100);
    expect(place()).toMatchObject({ ingest: 'w-third', epoch: 2 });
    sim.nats.wipe();
    const entry = { home: 'w-home', ingest: 'w-home', replicas: [], epoch: 1 };
    const value = encodeDirectoryEntry({ ...entry, publishedUnixMs: 1, nonce: 'n' });
    sim.nats.write(bucketKey(NAME.key), value, 0);
    await sim.run(100);
    expect(place()).toMatchObject(entry);
  });

  it('goes round a home that is cut off from the ingest worker', async () => {
    const viewer = await third.view(NAME);
    sim.areJoined = (one, other) => ![one, other].every(({ id }) => id !== 'w-third');
    await sim.run(12_000);
    expect(third.cluster.relays.get(NAME.key)?.relay.upstreamWorker).toBe('w-ingest');
    const head = ingest.stream(NAME)!.nextSequence;
    expect(head - third.stream(NAME)!.nextSequence).toBeLessThan(10);
    expect(viewer.closed).toEqual([]);
  });

  it('lets nobody in who takes it for the ingest worker, which it is not yet', async () => {
    await home.view(NAME);
    const place = { ingestWorker: 'w-ingest', home: 'w-home', replicas: [] };
    await sim.settle(home.cluster.control.prepare({ stream: NAME.key, epoch: 2, ...place }));
    const query = { ...QUERY, worker: 'w-ingest', epoch: 2 };
    // The ingest worker hands the stream over to it, and home pulls from there yet.
    const refused = sim.settle(home.cluster.seat({ ...query, isFromIngest: true }));
    await expect(refused).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' });
    await sim.settle(home.cluster.seat({ ...query, worker: 'w-third' }));
  });

  it('closes relays some seconds after the last reader, home included', async () => {
    const viewer = await third.view(NAME);
    await sim.run(1_000);
    viewer.viewer.close('connection');
    await sim.run(8_000);
    expect(third.stream(NAME)).toBeDefined();
    await sim.run(4_000);
    expect(third.stream(NAME)).toBeUndefined();
    expect(home.stream(NAME)).toBeDefined();
    await sim.run(12_000);
    expect(home.stream(NAME)).toBeUndefined();
    expect(ingest.stream(NAME)?.state).toBe('live');
  });

  it('gives the end of a stream that the directory has yet, and the next one when it comes', async () => {
    const before = await sim.settle(third.cluster.view(NAME));
    await third.view(NAME);
    publisher.lose();
    await sim.run(14_500);
    // What ended cannot be taken out of the directory for now.
    ingest.bus.setConnected(false);
    await sim.run(1_000);
    expect([before.state, sim.entry(NAME)?.ingest]).toEqual(['ended', 'w-ingest']);
    expect(await sim.settle(third.cluster.view(NAME))).toBe(before);
    // Whoever said that it ended may have been wrong: later it is looked for again.
    await sim.run(3_000);
    await expect(sim.settle(third.cluster.view(NAME))).rejects.toThrow();
    await home.publish(NAME);
    await sim.run(100);
    const next = await sim.settle(third.cluster.view(NAME));
    expect([next === before, next.state]).toEqual([false, 'live']);
  });

  it('asks the leader before it says no, then not again for a second', async () => {
    const other = streamName('live', 'none')!;
    for (let index = 0; index < 5; index += 1) {
      await expect(sim.settle(third.cluster.view(other))).rejects.toMatchObject({
        code: 'STREAM_NOT_FOUND',
      });
    }
    expect(third.bus.reads).toBe(1);
    await sim.run(1_000);
    await expect(sim.settle(third.cluster.view(other))).rejects.toThrow();
    expect(third.bus.reads).toBe(2);
  });

  it('finds a stream that the watch has not told of yet', async () => {
    sim.nats.watchLagMs = 5_000;
    const other = streamName('live', 'new')!;
    await ingest.publish(other);
    await expect(third.view(other)).resolves.toBeDefined();
  });

  it('waits for a publisher where that is configured', async () => {
    const other = streamName('live', 'later')!;
    const { settings } = third;
    settings.streams = { ...settings.streams, waitForPublisherSeconds: 10 };
    const viewing = third.cluster.view(other);
    await sim.run(3_000);
    await ingest.publish(other);
    expect((await sim.settle(viewing)).name.key).toBe('live/later');
  });

  it('gives up waiting when nobody publishes', async () => {
    const { settings } = third;
    settings.streams = { ...settings.streams, waitForPublisherSeconds: 2 };
    const before = sim.clock.nowMs();
    const viewing = third.cluster.view(streamName('live', 'never')!);
    await expect(sim.settle(viewing)).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' });
    expect(sim.clock.nowMs() - before).toBeGreaterThan(1_900);
  });

  it('says so when the directory is away and the stream unknown', async () => {
    third.bus.setConnected(false);
    const viewing = third.cluster.view(streamName('live', 'none')!);
    await expect(sim.settle(viewing)).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
  });

  it('still reaches a known stream while NATS is away', async () => {
    for (const { bus } of [ingest, home, third]) bus.setConnected(false);
    await sim.run(10_000);
    const viewer = await third.view(NAME);
    await sim.run(1_000);
    expect(viewer.tags().length).toBeGreaterThan(20);
    expect(viewer.closed).toEqual([]);
  });

  it('goes to the ingest worker when the home dies, at the frame where it was', async () => {
    const viewer = await third.view(NAME);
    await sim.run(1_000);
    home.kill();
    await sim.run(2_000);
    expect(third.dialed.at(-1)).toMatchObject({ address: 'w-ingest:1' });
    const times = viewer
      .tags()
      .flatMap(({ kind, timestampMs }) => (kind === 9 ? [timestampMs] : []));
    const gaps = times.slice(2).map((timeMs, index) => timeMs - times[index + 1]!);
    expect(new Set(gaps)).toEqual(new Set([40]));
    expect(viewer.closed).toEqual([]);
  });

  it('goes back to a home that answers again, and viewers notice nothing', async () => {
    const viewer = await third.view(NAME);
    await sim.run(1_000);
    home.isHung = true;
    await sim.run(6_000);
    expect(third.dialed.at(-1)).toMatchObject({ address: 'w-ingest:1' });
    home.isHung = false;
    await sim.run(5_000);
    const detoured = third.dialed.length;
    await sim.run(13_000);
    expect(third.dialed.at(-1)).toMatchObject({ address: 'w-home:1' });
    expect(third.dialed.length).toBe(detoured + 1);
    await sim.run(20_000);
    expect(third.dialed.length).toBe(detoured + 1);
    expect(viewer.closed).toEqual([]);
  });

  it('tries a home that keeps hanging less and less often', async () => {
    const viewer = await third.view(NAME);
    await sim.run(1_000);
    home.isHung = true;
    await sim.run(120_000);
    const tries = third.dialed.filter(({ address }) => address === 'w-home:1').length;
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(6);
    expect(viewer.closed).toEqual([]);
  });

  it('makes the ingest worker home when the home died', async () => {
    home.kill();
    await sim.run(10_000);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-ingest', ingest: 'w-ingest', epoch: 2 });
  });

  it('leaves an upstream that hangs', async () => {
    const viewer = await third.view(NAME);
    await sim.run(1_000);
    home.isHung = true;
    await sim.run(6_000);
    expect(third.dialed.at(-1)).toMatchObject({ address: 'w-ingest:1' });
    expect(viewer.closed).toEqual([]);
  });

  it('fails a viewer in time when the upstream never answers', async () => {
    home.isHung = true;
    ingest.isHung = true;
    const before = sim.clock.nowMs();
    await expect(third.view(NAME)).rejects.toMatchObject({ code: 'STREAM_UPSTREAM_LOST' });
    expect(sim.clock.nowMs() - before).toBeLessThan(7_000);
    expect(third.stream(NAME)).toBeUndefined();
  });

  it('keeps viewers for the grace when the ingest worker dies, then ends them', async () => {
    const viewer = await third.view(NAME);
    await sim.run(1_000);
    ingest.kill();
    await sim.run(10_000);
    expect(viewer.closed).toEqual([]);
    expect(third.stream(NAME)?.state).toBe('waiting');
    await sim.run(25_000);
    expect(viewer.closed).toEqual(['ended']);
    expect(sim.entry(NAME)).toBeUndefined();
  });

  it('ends viewers at once when the stream ends upstream', async () => {
    const viewer = await third.view(NAME);
    await sim.run(1_000);
    publisher.lose();
    ingest.stream(NAME)?.end();
    await sim.run(200);
    expect(viewer.closed).toEqual(['ended']);
  });

  it('ends the viewers of one run when the upstream has another', async () => {
    const other = streamName('live', 'other')!;
    sim.operator = (): string => 'w-ingest';
    await ingest.publish(other);
    const viewer = await third.view(other);
    await sim.run(1_000);
    third.bus.setConnected(false);
    ingest.kill();
    sim.split([third], [home]);
    // Nobody who can be asked has a copy: a fresh run.
    await home.publish(other);
    sim.heal();
    third.bus.setConnected(true);
    await sim.run(2_000);
    expect(viewer.closed).toEqual(['ended']);
    const next = await third.view(other);
    await sim.run(1_000);
    expect(next.tags().length).toBeGreaterThan(20);
  });

  it('serves relays as ingest worker and as home only', async () => {
    await third.view(NAME);
    await sim.run(500);
    const refused = third.cluster.seat(QUERY);
    await expect(sim.settle(refused)).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' });
    await expect(sim.settle(home.cluster.seat(QUERY))).resolves.toBeDefined();
  });

  it('asks the leader when another worker knows a newer epoch', async () => {
    sim.nats.watchLagMs = 60_000;
    const change = ingest.cluster.directory.change(NAME.key, (current) => ({
      ...current!,
      home: 'w-third',
      epoch: 9,
    }));
    await sim.settle(change);
    const asked = third.cluster.seat({ ...QUERY, epoch: 9 });
    await expect(sim.settle(asked)).resolves.toBeDefined();
  });
});

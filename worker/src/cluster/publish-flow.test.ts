import { beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import { bucketKey, encodeDirectoryEntry } from '@streamcluster/proto';
import { Sim, SimWorker } from './testing/sim.ts';
import { depths, upstreams } from './testing/relay-paths.ts';

const NAME = streamName('live', 'news')!;

describe('publish', () => {
  let sim: Sim;
  let a: SimWorker;
  let b: SimWorker;
  let c: SimWorker;

  beforeEach(async () => {
    sim = new Sim();
    const [first, second, third] = await sim.add('w-a', 'w-b', 'w-c');
    a = first!;
    b = second!;
    c = third!;
    sim.operator = (): string => 'w-c';
  });

  it('claims a fresh stream with the home that the operator drew', async () => {
    await a.publish(NAME);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-c', ingest: 'w-a', epoch: 1 });
    expect(a.stream(NAME)).toMatchObject({ state: 'live', epoch: 1 });
  });

  it('takes less than 100 ms', async () => {
    const before = sim.clock.nowMs();
    await a.publish(NAME);
    expect(sim.clock.nowMs() - before).toBeLessThan(100);
  });

  it('draws among all live workers without an operator', async () => {
    sim.operator = undefined;
    const homes = new Set<string>();
    for (let index = 0; index < 20; index += 1) {
      const name = streamName('live', `n${index}`)!;
      await a.publish(name);
      homes.add(sim.entry(name)!.home);
    }
    expect([...homes].sort()).toEqual(['w-a', 'w-b', 'w-c']);
  });

  it('keeps streams here with policy Local when the operator is silent', async () => {
    sim.operator = undefined;
    a.settings.placementPolicy = 'Local';
    await a.publish(NAME);
    expect(sim.entry(NAME)?.home).toBe('w-a');
  });

  it('does not take a dead worker for a home, whatever the operator says', async () => {
    c.kill();
    await sim.run(7_000);
    await a.publish(NAME);
    expect(['w-a', 'w-b']).toContain(sim.entry(NAME)?.home);
  });

  it('refuses a second publisher on the same worker', async () => {
    await a.publish(NAME);
    await sim.run(500);
    await expect(a.publish(NAME)).rejects.toMatchObject({ code: 'STREAM_BUSY' });
  });

  it('refuses a second publisher on another worker', async () => {
    const first = await a.publish(NAME);
    await sim.run(500);
    await expect(b.publish(NAME)).rejects.toMatchObject({ code: 'STREAM_BUSY' });
    expect(first.revoked).toEqual([]);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a', epoch: 1 });
  });

  it('lets exactly one of two through that come at once on two workers', async () => {
    const results = await sim.settle(
      Promise.allSettled([a, b].map((worker) => worker.cluster.publish(NAME, quiet()))),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('lets exactly one of two through that come at once on one worker', async () => {
    const results = await sim.settle(
      Promise.allSettled([a, a].map((worker) => worker.cluster.publish(NAME, quiet()))),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('replaces a half-open publisher here, and goes on', async () => {
    const first = await a.publish(NAME);
    await sim.run(1_000);
    first.isSending = false;
    await sim.run(3_500);
    const before = a.stream(NAME)!.nextSequence;
    await a.publish(NAME);
    expect(first.revoked).toEqual(['replaced']);
    expect(a.stream(NAME)!.nextSequence).toBeGreaterThan(before);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a', epoch: 2 });
  });

  it('replaces a half-open publisher elsewhere', async () => {
    const first = await a.publish(NAME);
    await sim.run(1_000);
    first.isSending = false;
    await sim.run(3_500);
    await b.publish(NAME);
    expect(first.revoked).toEqual(['replaced']);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-b', home: 'w-c', epoch: 2 });
  });

  it('goes on on another worker: same run, same numbering, viewers kept', async () => {
    const first = await a.publish(NAME);
    await sim.run(1_000);
    const viewers = [await a.view(NAME), await b.view(NAME), await c.view(NAME)];
    await sim.run(1_000);
    const before = a.stream(NAME)!.continuation();
    first.lose();
    await sim.run(2_000);
    await b.publish(NAME);
    await sim.run(1_000);
    const after = b.stream(NAME)!.continuation();
    expect(after.incarnation).toBe(before.incarnation);
    expect(after.nextSequence).toBeGreaterThan(before.nextSequence);
    for (const worker of [a, c]) {
      const behind = after.nextSequence - worker.stream(NAME)!.nextSequence;
      expect(behind).toBeLessThan(3);
    }
    for (const viewer of viewers) {
      expect(viewer.closed).toEqual([]);
      const times = viewer.tags().map(({ timestampMs }) => timestampMs);
      expect(times).toEqual([...times].sort((x, y) => x - y));
      expect(times.length).toBeGreaterThan(50);
    }
  });

  it('goes on from its own copy when the ingest worker died', async () => {
    await a.publish(NAME);
    await sim.run(500);
    const viewer = await b.view(NAME);
    await sim.run(1_000);
    const before = b.stream(NAME)!.continuation();
    a.kill();
    await sim.run(1_000);
    await b.publish(NAME);
    await sim.run(500);
    expect(b.stream(NAME)!.continuation().incarnation).toBe(before.incarnation);
    expect(b.stream(NAME)!.nextSequence).toBeGreaterThan(before.nextSequence);
    expect(viewer.closed).toEqual([]);
  });

  it("goes on from the home's copy when the ingest worker died", async () => {
    await a.publish(NAME);
    await sim.run(500);
    const viewer = await c.view(NAME);
    await sim.run(1_000);
    const before = c.stream(NAME)!.continuation();
    a.kill();
    await sim.run(1_000);
    await b.publish(NAME);
    await sim.run(1_000);
    expect(b.stream(NAME)!.continuation().incarnation).toBe(before.incarnation);
    expect(c.stream(NAME)!.nextSequence).toBe(b.stream(NAME)!.nextSequence);
    expect(viewer.closed).toEqual([]);
  });

  it('starts fresh when the ingest worker died and nobody has a copy', async () => {
    await a.publish(NAME);
    await sim.run(1_000);
    const before = a.stream(NAME)!.continuation();
    a.kill();
    await sim.run(1_000);
    await b.publish(NAME);
    expect(b.stream(NAME)!.continuation().incarnation).not.toBe(before.incarnation);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-b', epoch: 2 });
  });

  it('does not wait long for an ingest worker that hangs', async () => {
    await a.publish(NAME);
    await sim.run(1_000);
    a.isHung = true;
    const before = sim.clock.nowMs();
    await b.publish(NAME);
    expect(sim.clock.nowMs() - before).toBeLessThan(1_500);
    expect(sim.entry(NAME)?.ingest).toBe('w-b');
  });

  it('closes the publisher of a worker that hung while its stream was taken', async () => {
    const first = await a.publish(NAME);
    await sim.run(1_000);
    a.isHung = true;
    first.isSending = false;
    await sim.run(3_500);
    await b.publish(NAME);
    a.isHung = false;
    await sim.run(1_000);
    expect(first.revoked).toEqual(['claim-lost']);
    expect(a.cluster.claims.get(NAME.key)).toBeUndefined();
  });

  it('believes a claim whose write was answered by nobody', async () => {
    a.bus.lostAnswers = 1;
    await a.publish(NAME);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a', epoch: 1 });
    expect(a.cluster.claims.get(NAME.key)).toMatchObject({ isConfirmed: true, epoch: 1 });
  });

  it('claims a fresh epoch over a deleted entry', async () => {
    const first = await a.publish(NAME);
    await sim.run(100);
    first.lose();
    await sim.run(20_000);
    expect(sim.entry(NAME)).toBeUndefined();
    await b.publish(NAME);
    expect(sim.entry(NAME)?.epoch).toBeGreaterThan(1);
  });

  it('publishes without NATS, and claims when it is back', async () => {
    for (const { bus } of [a, b, c]) bus.setConnected(false);
    const publisher = await a.publish(NAME);
    await sim.run(1_000);
    expect(sim.entry(NAME)).toBeUndefined();
    for (const { bus } of [a, b, c]) bus.setConnected(true);
    await sim.run(2_000);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a' });
    expect(publisher.revoked).toEqual([]);
  });

  it('keeps the earlier of two claims on both sides of an outage', async () => {
    for (const { bus } of [a, b, c]) bus.setConnected(false);
    const first = await b.publish(NAME);
    await sim.run(1_000);
    const second = await a.publish(NAME);
    await sim.run(1_000);
    a.bus.setConnected(true);
    await sim.run(2_000);
    expect(sim.entry(NAME)?.ingest).toBe('w-a');
    b.bus.setConnected(true);
    await sim.run(3_000);
    expect(sim.entry(NAME)?.ingest).toBe('w-b');
    expect(first.revoked).toEqual([]);
    expect(second.revoked).toEqual(['claim-lost']);
  });

  it('claims again when the bucket was wiped', async () => {
    await a.publish(NAME);
    await sim.run(500);
    const viewer = await b.view(NAME);
    sim.nats.wipe();
    await sim.run(3_000);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a', home: 'w-c' });
    expect(viewer.closed).toEqual([]);
  });

  it('replaces an entry that it cannot read', async () => {
    sim.nats.write(bucketKey(NAME.key), Buffer.from('{"home":1}'), 0);
    await a.publish(NAME);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a' });
  });

  it('takes over an entry of an earlier life of this worker', async () => {
    const entry = { home: 'w-c', ingest: 'w-a', replicas: [], epoch: 7, publishedUnixMs: 1 };
    sim.nats.write(bucketKey(NAME.key), encodeDirectoryEntry({ ...entry, nonce: 'n' }), 0);
    await sim.run(10);
    await a.publish(NAME);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a', home: 'w-c', epoch: 8 });
  });

  it("goes on from the home's copy when this worker is a new process", async () => {
    await a.publish(NAME);
    await sim.run(500);
    const viewer = await b.view(NAME);
    await sim.run(1_000);
    const before = b.stream(NAME)!.continuation();
    a.kill();
    const [reborn] = await sim.add('w-a');
    await reborn!.publish(NAME);
    await sim.run(1_000);
    expect(reborn!.stream(NAME)!.continuation().incarnation).toBe(before.incarnation);
    expect(viewer.closed).toEqual([]);
    expect(b.stream(NAME)!.nextSequence).toBeGreaterThan(before.nextSequence + 1_000);
  });

  it('keeps what was handed over when another change comes in between', async () => {
    const first = await a.publish(NAME);
    await sim.run(500);
    first.lose();
    const { incarnation } = a.stream(NAME)!.continuation();
    const { control, directory } = a.cluster;
    const release = control.release.bind(control);
    control.release = (call) => {
      const answer = release(call);
      void directory.change(NAME.key, (entry) => ({ ...entry!, epoch: entry!.epoch + 1 }));
      control.release = release;
      return answer;
    };
    await b.publish(NAME);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-b', epoch: 3 });
    expect(b.stream(NAME)!.continuation().incarnation).toBe(incarnation);
  });

  it('refuses a second publisher on a worker that has heard nobody yet', async () => {
    const first = await a.publish(NAME);
    await sim.run(500);
    const fresh = new SimWorker(sim, 'w-d');
    sim.workers.set('w-d', fresh);
    fresh.cluster.start();
    await expect(fresh.publish(NAME)).rejects.toMatchObject({ code: 'STREAM_BUSY' });
    expect(first.revoked).toEqual([]);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a', epoch: 1 });
  });

  it('tells the directory of a publisher that came back without NATS', async () => {
    const first = await a.publish(NAME);
    await sim.run(500);
    for (const { bus } of [a, b, c]) bus.setConnected(false);
    first.lose();
    await a.publish(NAME);
    expect(a.stream(NAME)?.epoch).toBe(2);
    for (const { bus } of [a, b, c]) bus.setConnected(true);
    await sim.run(3_000);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-a', epoch: 2 });
  });

  it('reaches viewers elsewhere though NATS does not reach its worker', async () => {
    sim.operator = (): string => 'w-b';
    const first = await a.publish(NAME);
    for (const worker of [a, b, c]) await worker.view(NAME);
    await sim.run(500);
    const [d] = await sim.add('w-d');
    d!.bus.setConnected(false);
    first.lose();
    const next = await d!.publish(NAME);
    await sim.run(1_000);
    // The directory still has the old one, and so have home and others.
    expect([...upstreams(sim, NAME)].sort()).toEqual([
      ['w-a', 'w-d'],
      ['w-b', 'w-a'],
      ['w-c', 'w-b'],
    ]);
    const head = d!.stream(NAME)!.nextSequence;
    for (const worker of [a, b, c]) {
      expect(head - worker.stream(NAME)!.nextSequence).toBeLessThan(10);
    }
    // The entry that is there is the one that it was handed over with.
    await sim.run(5_000);
    d!.bus.setConnected(true);
    await sim.run(2_000);
    expect(next.revoked).toEqual([]);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-d', home: 'w-b' });
    expect(upstreams(sim, NAME).get('w-b')).toBe('w-d');
    expect(depths(sim, NAME).get('w-a')).toBe(2);
  });

  it('deletes the entry when the grace has passed, and ends viewers everywhere', async () => {
    const first = await a.publish(NAME);
    await sim.run(500);
    const viewer = await b.view(NAME);
    first.lose();
    await sim.run(14_000);
    expect(sim.entry(NAME)?.ingest).toBe('w-a');
    expect(viewer.closed).toEqual([]);
    await sim.run(3_000);
    viewer.tags();
    expect(sim.entry(NAME)).toBeUndefined();
    expect(viewer.closed).toEqual(['ended']);
  });
});

function quiet(): { protocol: string; remoteAddress: string; onRevoked: () => void } {
  return { protocol: 'test', remoteAddress: '::1', onRevoked: () => undefined };
}

import { beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import type { Watch } from '../stream/testing/rig.ts';
import type { ServeResult } from './peers.ts';
import { Sim, type SimPublisher, type SimWorker } from './testing/sim.ts';
import { Pictures } from './testing/watching.ts';

const NAME = streamName('live', 'news')!;

/** A stream that somebody went on with although nobody handed it over. */
describe('a branch', () => {
  let sim: Sim;
  let workers: SimWorker[];
  let [ingest, home, near, far]: SimWorker[] = [];

  beforeEach(async () => {
    sim = new Sim();
    workers = await sim.add('w-ingest', 'w-home', 'w-near', 'w-far');
    [ingest, home, near, far] = workers;
    sim.operator = (): string => 'w-home';
    await ingest!.publish(NAME);
    await sim.run(500);
  });

  /** All viewers get pictures, of the same stream, within a GOP and a little. */
  const expectTogether = async (watches: readonly Watch[]): Promise<void> => {
    await sim.run(1_000);
    for (const watch of watches) watch.tags();
    await sim.run(2_000);
    const heads = workers.map((one) => one.stream(NAME)!.nextSequence);
    expect(Math.max(...heads) - Math.min(...heads)).toBeLessThan(5);
    for (const watch of watches) {
      expect(watch.tags(false).length).toBeGreaterThan(40);
      expect(watch.closed).toEqual([]);
    }
  };

  /** With a publisher on either side; those without NATS are the first. */
  const split = async (
    without: readonly SimWorker[],
    others: readonly SimWorker[],
    second: SimWorker,
    forMs: number,
  ): Promise<SimPublisher> => {
    sim.split(without, others);
    for (const one of without) one.bus.setConnected(false);
    await sim.run(500);
    const publisher = await second.publish(NAME);
    await sim.run(forMs);
    return publisher;
  };

  /** Everybody connects again at a time of his own. */
  const heal = async (): Promise<void> => {
    sim.heal();
    for (const { bus } of workers) {
      if (bus.isConnected) continue;
      bus.setConnected(true);
      await sim.run(300);
    }
  };

  const serve = async (
    worker: SimWorker,
    server: string,
    replicas: readonly string[] = [],
  ): Promise<ServeResult> => {
    const { epoch } = sim.entry(NAME)!;
    const call = { stream: NAME.key, epoch, home: server, replicas, reason: 'Test' };
    const { result } = await sim.settle(worker.cluster.control.serve(call));
    return result;
  };

  it('that ends is left for the other one, whose epoch is no newer', async () => {
    const watches = await Promise.all(workers.map((one) => one.view(NAME)));
    await sim.run(1_000);
    const { revoked } = await split([far!], [ingest!, home!, near!], far!, 10_000);
    expect(await serve(ingest!, 'w-home', ['w-near'])).toBe('done');
    await heal();
    await expectTogether(watches);
    expect(revoked).toEqual(['claim-lost']);
  });

  it.each(['w-near', 'w-home'])(
    'on %s is known to whoever follows: moves lose nothing',
    async (id) => {
      await far!.view(NAME);
      await sim.run(1_000);
      ingest!.kill();
      await sim.run(300);
      const next = sim.workers.get(id)!;
      await next.publish(NAME);
      await sim.run(3_000);
      const pictures = new Pictures(await far!.view(NAME));
      await sim.run(1_000);
      expect(await serve(next, 'w-near')).toBe('done');
      await sim.run(2_000);
      expect(far!.cluster.relays.get(NAME.key)?.relay.upstreamWorker).toBe('w-near');
      expect(pictures.check()).toBeGreaterThan(70);
    },
  );

  it.each([{ replicas: [] }, { replicas: ['w-home'] }])(
    'is found where home died with the publisher, by who followed from it or $replicas',
    async ({ replicas }) => {
      const watch = await far!.view(NAME);
      await sim.run(1_000);
      await serve(ingest!, 'w-ingest', replicas);
      await sim.run(1_000);
      ingest!.kill();
      await sim.run(3_000);
      watch.tags();
      await near!.publish(NAME);
      await sim.run(3_000);
      expect(watch.tags(false).length).toBeGreaterThan(50);
      expect(watch.closed).toEqual([]);
    },
  );
});

import { beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import type { Watch } from '../stream/testing/rig.ts';
import { upstreams } from './testing/relay-paths.ts';
import { Sim, type SimWorker } from './testing/sim.ts';
import { Pictures } from './testing/watching.ts';

const NAME = streamName('live', 'news')!;
const GRACE_MS = 15_000;

describe('cuts between workers', () => {
  let sim: Sim;
  let [ingest, home, near, far]: SimWorker[] = [];

  beforeEach(async () => {
    sim = new Sim();
    [ingest, home, near, far] = await sim.add('w-ingest', 'w-home', 'w-near', 'w-far');
    sim.operator = (): string => 'w-home';
    await ingest!.publish(NAME);
    await sim.run(500);
  });

  it('send relays past a home that does not reach the ingest worker, and back', async () => {
    const pictures = new Pictures(await far!.view(NAME));
    await sim.run(1_000);
    sim.split([ingest!], [home!]);
    await sim.run(6_500);
    const after = pictures.check();
    await sim.run(GRACE_MS + 10_000);
    expect(pictures.check()).toBeGreaterThan(after + 500);
    expect(upstreams(sim, NAME).get('w-far')).toBe('w-ingest');
    // Who comes now does not wait for the home for long either.
    const late = new Pictures(await near!.view(NAME));
    await sim.run(3_000);
    expect(late.check()).toBeGreaterThan(25);
    sim.heal();
    await sim.run(90_000);
    expect(pictures.check()).toBeGreaterThan(after + 2_500);
    expect(upstreams(sim, NAME).get('w-far')).toBe('w-home');
  });

  it('keep the entry of an ingest worker that is cut off from NATS only', async () => {
    ingest!.bus.setConnected(false);
    // Nor does one remove it that has never heard of that worker.
    await sim.add('w-new');
    await sim.run(GRACE_MS + 20_000);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-ingest' });
    const pictures = new Pictures(await far!.view(NAME));
    await sim.run(2_000);
    expect(pictures.check()).toBeGreaterThan(25);
    const again = far!.publish(NAME);
    await expect(again).rejects.toMatchObject({ code: 'STREAM_BUSY' });
  });

  describe('into halves with a publisher each', () => {
    let watches: Watch[] = [];
    let revoked: readonly string[] = [];

    beforeEach(async () => {
      watches = await Promise.all([ingest!, near!, home!, far!].map((one) => one.view(NAME)));
      await sim.run(1_000);
      sim.split([ingest!, near!], [home!, far!]);
      for (const one of [ingest!, near!]) one.bus.setConnected(false);
      await sim.run(1_000);
      ({ revoked } = await far!.publish(NAME));
      await sim.run(10_000);
      expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-far', home: 'w-home' });
      sim.heal();
      for (const one of [ingest!, near!]) one.bus.setConnected(true);
    });

    it('leave the earlier one, and all viewers go on with it within a GOP', async () => {
      await sim.run(1_000);
      expect(revoked).toEqual(['claim-lost']);
      expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-ingest' });
      const before = [ingest!, near!, home!, far!].map((one) => one.stream(NAME)!.nextSequence);
      expect(Math.max(...before) - Math.min(...before)).toBeLessThan(5);
      const starts = watches.map((watch) => watch.tags().length);
      await sim.run(2_000);
      for (const [i, watch] of watches.entries()) {
        expect(starts[i]).toBeGreaterThan(0);
        expect(watch.tags(false).length).toBeGreaterThan(40);
        expect(watch.closed).toEqual([]);
      }
    });

    it('never turn time back, and go on at a key frame', async () => {
      await sim.run(5_000);
      for (const watch of watches) {
        const media = watch.tags().filter(({ kind, body }) => kind === 9 && body[1] === 1);
        const times = media.map(({ timestampMs }) => timestampMs);
        const back = times.filter((timeMs, i) => i > 0 && timeMs < times[i - 1]!);
        expect(back).toEqual([]);
        const jumps = media.filter((tag, i) => i > 0 && tag.timestampMs - times[i - 1]! !== 40);
        for (const { body } of jumps) expect(body[0]! >> 4).toBe(1);
      }
    });
  });

  it('let newcomers start where a publisher came who knew the stream from a copy only', async () => {
    await Promise.all([near!, home!].map((one) => one.view(NAME)));
    await sim.run(1_000);
    sim.split([ingest!, near!], [home!, far!]);
    for (const one of [ingest!, near!]) one.bus.setConnected(false);
    await sim.run(1_000);
    await far!.publish(NAME);
    await sim.run(3_000);
    sim.heal();
    for (const one of [ingest!, near!]) one.bus.setConnected(true);
    await sim.run(3_000);
    expect(sim.entry(NAME)).toMatchObject({ ingest: 'w-ingest' });
    const comer = await far!.view(NAME);
    await sim.run(2_000);
    expect(comer.tags().length).toBeGreaterThan(40);
  });
});

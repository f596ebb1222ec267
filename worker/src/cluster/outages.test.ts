import { beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import { Sim, type SimWorker } from './testing/sim.ts';

const NAME = streamName('live', 'news')!;
const OTHER = streamName('live', 'late')!;
const HALF_AN_HOUR_MS = 1_800_000;

describe('while NATS is away', () => {
  let sim: Sim;
  let a: SimWorker;
  let b: SimWorker;

  beforeEach(async () => {
    sim = new Sim();
    const added = await sim.add('w-a', 'w-b', 'w-c');
    a = added[0]!;
    b = added[1]!;
    sim.operator = (): string => 'w-a';
    await a.publish(NAME);
    await sim.run(100);
  });

  it('for however long, workers keep one another in mind', { timeout: 60_000 }, async () => {
    for (const { bus } of sim.workers.values()) bus.setConnected(false);
    sim.clock.advance(HALF_AN_HOUR_MS);
    await sim.run(1_000);
    // Whoever draws a home looks at who lives.
    sim.operator = undefined;
    await b.publish(OTHER);
    const viewer = await b.view(NAME);
    await sim.run(500);
    expect(viewer.closed).toEqual([]);
    expect(b.stream(NAME)?.state).toBe('live');
  });

  it('and has lost its data, streams are found whose worker has not heard of it yet', async () => {
    a.bus.setConnected(false);
    sim.nats.wipe();
    await sim.run(2_000);
    expect(sim.entry(NAME)).toBeUndefined();
    const viewer = await b.view(NAME);
    a.bus.setConnected(true);
    await sim.run(3_000);
    expect(viewer.closed).toEqual([]);
    expect(sim.entry(NAME)?.ingest).toBe('w-a');
  });

  it('and has lost its newest writes, entries are as their ingest workers have them', async () => {
    const rows = new Map(sim.nats.rows);
    const { revision } = sim.nats;
    const call = { stream: NAME.key, epoch: 1, home: 'w-b', replicas: [], reason: 'Test' };
    await sim.settle(a.cluster.control.serve(call));
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-b', epoch: 2 });
    Object.assign(sim.nats, { rows, revision });
    for (const { bus } of sim.workers.values()) {
      bus.setConnected(false);
      bus.setConnected(true);
    }
    await sim.run(2_000);
    expect(sim.entry(NAME)).toMatchObject({ home: 'w-b', epoch: 2 });
  });

  it('and has lost its data, streams are gone whose worker does not come back', async () => {
    a.kill();
    sim.nats.wipe();
    await sim.run(11_000);
    await expect(b.view(NAME)).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' });
  });

  it('and has lost its data, a stream that ends meanwhile is not found', async () => {
    sim.nats.wipe();
    a.publishers.forEach((publisher) => publisher.publication?.close('unpublished'));
    await sim.run(200);
    await sim.run(a.settings.streams.publisherGraceSeconds * 1_000 + 1_000);
    await expect(b.view(NAME)).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' });
  });
});

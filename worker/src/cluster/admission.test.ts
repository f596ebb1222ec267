import { beforeEach, describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import { Sim, type SimWorker } from './testing/sim.ts';

const NEWS = streamName('live', 'news')!;
const SPORT = streamName('live', 'sport')!;
const BUSY = { code: 'WORKER_OVERLOADED' };

describe('a worker that is full', () => {
  let sim: Sim;
  let worker: SimWorker;

  beforeEach(async () => {
    sim = new Sim();
    [worker] = (await sim.add('w-a')) as [SimWorker];
    await worker.publish(NEWS);
    worker.busy = 1;
    await sim.run(12_000);
  });

  it('refuses viewers, also of a stream that is here', async () => {
    expect(worker.cluster.admission.isOpen).toBe(false);
    expect(worker.cluster.viewSync(NEWS)).toBeUndefined();
    await expect(worker.cluster.view(NEWS)).rejects.toMatchObject(BUSY);
    expect(worker.cluster.present(NEWS)).toBe(worker.stream(NEWS));
  });

  it('refuses new streams', async () => {
    await expect(worker.publish(SPORT)).rejects.toMatchObject(BUSY);
  });

  it('takes back a publisher whose viewers wait', async () => {
    [...worker.publishers][0]!.lose();
    await sim.run(1_000);
    await worker.publish(NEWS);
    expect(worker.stream(NEWS)?.state).toBe('live');
  });

  it('feeds the relays of others', async () => {
    const query = {
      name: NEWS,
      worker: 'w-b',
      epoch: 1,
      isFromIngest: false,
      isServer: false,
      isSentOn: false,
    };
    const { stream } = await worker.cluster.seat(query);
    expect(stream).toBe(worker.stream(NEWS));
  });

  it('takes new ones again by itself', async () => {
    worker.busy = 0.3;
    await sim.run(12_000);
    expect(worker.cluster.viewSync(NEWS)).toBe(worker.stream(NEWS));
    await worker.publish(SPORT);
  });
});

it('a burst of viewers is bounded before the loop shows it', async () => {
  const sim = new Sim();
  const [worker] = (await sim.add('w-a')) as [SimWorker];
  await worker.publish(NEWS);
  await sim.run(5_000);
  let admitted = 0;
  while (admitted < 100_000 && worker.cluster.viewSync(NEWS) !== undefined) admitted += 1;
  expect(admitted).toBeGreaterThan(5_000);
  expect(admitted).toBeLessThan(20_000);
});

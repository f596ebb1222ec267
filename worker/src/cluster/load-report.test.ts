import { LoadReport, NumaAlignment } from '@streamcluster/proto';
import { describe, expect, it } from 'vitest';
import { streamName } from '../media/stream-name.ts';
import { Sim } from './testing/sim.ts';

const NAME = streamName('live', 'news')!;

describe('load reports', () => {
  it('come at once, then every two seconds with jitter', async () => {
    const sim = new Sim();
    const reports: LoadReport[] = [];
    const times: number[] = [];
    sim.nats.connect().subscribe('sc.test.test.load.*', (payload) => {
      reports.push(LoadReport.decode(payload));
      times.push(sim.clock.nowMs());
    });
    const [a] = await sim.add('w-a');
    sim.operator = (): string => 'w-a';
    await a!.publish(NAME);
    await a!.view(NAME);
    await sim.run(20_000);
    expect(times[0]).toBeLessThan(10);
    const gaps = times.slice(1).map((timeMs, index) => timeMs - times[index]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_795);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_205);
    expect(new Set(gaps).size).toBeGreaterThan(3);
    expect(reports.map(({ sequence }) => Number(sequence))).toEqual(
      reports.map((_report, index) => index + 1),
    );
    expect(reports.at(-1)).toMatchObject({
      worker: 'w-a',
      streams: 1,
      publishers: 1,
      viewers: 1,
      relaysOut: 0,
      viewersByProtocol: { flv: 1 },
      grpcAddress: 'w-a:1',
      topStreams: [{ name: 'live/news', role: 4 }],
      topStreamsTruncated: false,
      cpus: [4],
      numaNode: 1,
      allowedCpus: [4, 12],
      memoryNodes: [1],
      numaAlignment: NumaAlignment.NUMA_ALIGNMENT_ALIGNED,
      cpusExclusive: true,
      loopCpu: 4,
    });
  });

  it('tell where viewers reach the worker, whether it takes them, and what they weigh', async () => {
    const sim = new Sim();
    const [a, b] = await sim.add('w-a', 'w-b');
    a!.publicAddresses = { http: 'a.example:80', https: '' };
    await a!.publish(NAME);
    const viewers = Array.from({ length: 100 }, () => a!.view(NAME));
    for (const viewer of viewers) await viewer;
    await sim.run(4_500);
    const sighting = b!.cluster.workers.get('w-a')!;
    expect(sighting).toMatchObject({
      publicHttp: 'a.example:80',
      publicHttps: '',
      isAdmitting: true,
    });
    expect(sighting.weighedLoad).toBeGreaterThan(0.001);
    expect(b!.cluster.workers.get('w-b')?.weighedLoad).toBe(0);
    a!.busy = 1;
    await sim.run(14_000);
    expect(b!.cluster.workers.get('w-a')?.isAdmitting).toBe(false);
  });

  it('answer a worker that just came, or it would know nobody for two seconds', async () => {
    const sim = new Sim();
    await sim.add('w-a');
    await sim.run(500);
    const [late] = await sim.add('w-b');
    await sim.run(250);
    expect(late!.cluster.workers.live().map(({ id }) => id)).toEqual(['w-a']);
  });

  it('that are malformed are left out', async () => {
    const sim = new Sim();
    const [a] = await sim.add('w-a', 'w-b');
    const other = sim.nats.connect();
    other.publish('sc.test.test.load.x', Buffer.from([0xff, 0xff, 0xff]));
    other.publish('sc.test.test.load.x', Buffer.alloc(0));
    await sim.run(10);
    expect(a!.cluster.workers.live().map(({ id }) => id)).toEqual(['w-b']);
  });

  it('that stop make a worker dead, but not while the bus is away', async () => {
    const sim = new Sim();
    const [a, b] = await sim.add('w-a', 'w-b');
    const { workers } = a!.cluster;
    a!.bus.setConnected(false);
    await sim.run(60_000);
    expect(workers.isAlive('w-b')).toBe(true);
    a!.bus.setConnected(true);
    await sim.run(3_000);
    b!.kill();
    await sim.run(3_500);
    expect(workers.isAlive('w-b')).toBe(true);
    await sim.run(4_000);
    expect(workers.isAlive('w-b')).toBe(false);
    expect(workers.isAlive('w-a')).toBe(true);
  });
});

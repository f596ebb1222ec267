import { describe, expect, it } from 'vitest';
import { Sim } from '../model/sim.ts';
import type { SimWorker } from '../model/parts.ts';
import { boundedHashing } from './bounded-hashing.ts';

function homesOf(sim: Sim): Map<SimWorker, number> {
  const homes = new Map<SimWorker, number>();
  for (const { home } of sim.cluster.streams) homes.set(home, (homes.get(home) ?? 0) + 1);
  return homes;
}

describe('boundedHashing', () => {
  const strategy = boundedHashing();
  const sim = new Sim({ seed: 1, mode: 'Redirect', workers: 20 }, strategy);
  for (let i = 0; i < 400; i += 1) sim.arrive(sim.publish(2e6), 'stays');

  it('gives nobody more than a quarter above its share', () => {
    expect(Math.max(...homesOf(sim).values())).toBe(25);
  });

  it('moves little when a worker goes, and what moves stays within the bound', () => {
    const before = strategy.cycle?.(sim).servers.length ?? 0;
    const gone = sim.cluster.workers[3] as SimWorker;
    sim.kill(gone);
    const { servers = [] } = strategy.cycle?.(sim) ?? {};
    expect(servers.length - before).toBeLessThan(100);
    for (const { stream, home } of servers) sim.cluster.setServers(stream, home, []);
    expect(homesOf(sim).has(gone)).toBe(false);
    expect(Math.max(...homesOf(sim).values())).toBeLessThanOrEqual(27);
  });
});

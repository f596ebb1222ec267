import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RELAY_FAN_OUT,
  RELAYS_PER_SERVER,
  upstreamsOf,
  withoutReplicas,
  type StreamServers,
} from './relay-tree.ts';

const names = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => `w-${at + from}`);

/** All workers attach, each to the first that has room; relays fed, by worker. */
function attachAll(workers: readonly string[], servers: StreamServers) {
  const fed = new Map<string, number>();
  const upstream = new Map<string, string>();
  // Servers are asked to be ready first.
  for (const worker of [servers.home, ...servers.replicas, ...workers]) {
    if (upstream.has(worker)) continue;
    const found = upstreamsOf(worker, servers).find((one) => (fed.get(one) ?? 0) < RELAY_FAN_OUT);
    if (found === undefined) continue;
    fed.set(found, (fed.get(found) ?? 0) + 1);
    upstream.set(worker, found);
  }
  return { fed, upstream };
}

function depthOf(worker: string, upstream: ReadonlyMap<string, string>): number {
  let depth = 0;
  for (let at = upstream.get(worker); at !== undefined; at = upstream.get(at)) depth += 1;
  return depth;
}

describe('upstreamsOf', () => {
  const servers = { ingest: 'i', home: 'h', replicas: ['r-0', 'r-1'] };

  it('lets the home pull from the ingest worker, replicas from the home', () => {
    expect(upstreamsOf('i', servers)).toEqual([]);
    expect(upstreamsOf('h', servers)).toEqual(['i']);
    expect(upstreamsOf('r-1', servers)).toEqual(['h']);
    expect(upstreamsOf('h', { ...servers, ingest: 'h' })).toEqual([]);
  });

  it('offers everybody else all of them, each in an order of its own', () => {
    const orders = names(90).map((worker) => upstreamsOf(worker, servers));
    for (const order of orders) expect([...order].sort()).toEqual(['h', 'r-0', 'r-1']);
    for (const server of ['h', 'r-0', 'r-1']) {
      const first = orders.filter(([one]) => one === server).length;
      expect(first).toBeGreaterThan(15);
      expect(first).toBeLessThan(45);
    }
  });

  it.each([33, 100, 1000, 4000])('reaches %d workers with no more than 32 relays each', (count) => {
    const workers = names(count);
    const [ingest = '', home = ''] = workers;
    const replicas = workers.slice(2, 1 + Math.ceil((count - 1) / RELAYS_PER_SERVER));
    const { fed, upstream } = attachAll(workers, { ingest, home, replicas });
    expect(upstream.size).toBe(count - 1);
    expect(Math.max(...fed.values())).toBeLessThanOrEqual(RELAY_FAN_OUT);
    const depths = workers.map((worker) => depthOf(worker, upstream));
    expect(Math.max(...depths)).toBeLessThanOrEqual(4);
  });

  it('leads from everybody to the ingest worker, without a circle', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 90 }), (n, at) => {
        const servers = { ingest: 'i', home: 'h', replicas: names(n) };
        const path = [`w-${at}`];
        for (let one = path[0]; one !== undefined; [one] = upstreamsOf(one, servers)) {
          path.push(one);
          if (path.length > 9) return false;
        }
        return path.at(-1) === 'i';
      }),
    );
  });
});

describe('withoutReplicas', () => {
  it('leaves everybody but the last ones in place', () => {
    const left = withoutReplicas(names(6), new Set(['w-1', 'w-4']));
    expect(left).toEqual(['w-0', 'w-5', 'w-2', 'w-3']);
  });

  it('takes out those and only those', () => {
    const subset = fc.subarray(names(20));
    fc.assert(
      fc.property(subset, subset, (replicas, leaving) => {
        const left = withoutReplicas(replicas, new Set(leaving));
        const expected = replicas.filter((replica) => !leaving.includes(replica));
        expect([...left].sort()).toEqual([...expected].sort());
      }),
    );
  });
});

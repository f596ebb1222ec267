import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { place, PLACEMENT_POLICIES, type PlacementPolicy } from './place.ts';
import { seededRandom } from './random.ts';
import { HEADROOM_LOAD, type WorkerLoad } from './worker-load.ts';

function worker(id: string, load = 0, reservedStreams = 0): WorkerLoad {
  return { id, load, reservedStreams };
}

/** Homes of `count` streams, each placed with the reservations of those before. */
function burst(policy: PlacementPolicy, loads: readonly number[], count: number): number[] {
  const random = seededRandom(7);
  const homes = loads.map(() => 0);
  for (let i = 0; i < count; i += 1) {
    const workers = loads.map((load, at) => worker(String(at), load, homes[at]));
    const placement = place({ policy, workers, ingestWorker: '0', random });
    homes[Number(placement?.worker)]! += 1;
  }
  return homes;
}

function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('place', () => {
  it('draws uniformly with Random: chi-square of 200, 2,000 and 20,000 streams', () => {
    // Two degrees of freedom: above 13.8 once in a thousand runs.
    for (const count of [200, 2000, 20_000]) {
      expect(chiSquare(burst('Random', [0, 0, 0], count))).toBeLessThan(13.8);
    }
  });

  it('draws uniformly with Random whatever loads were reported', () => {
    expect(chiSquare(burst('Random', [0.7, 0.1, 0.3, 0], 200))).toBeLessThan(16.3);
  });

  it('is flatter with TwoChoices, within one burst on the same stale report', () => {
    const counts = burst('TwoChoices', [0, 0, 0, 0, 0, 0, 0, 0], 200);
    expect(Math.max(...counts)).toBeLessThanOrEqual(28);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(22);
  });

  it('does not send a whole burst to the one idle worker', () => {
    const counts = burst('TwoChoices', [0.3, 0.3, 0.3, 0], 200);
    expect(counts[3]).toBeLessThan(140);
    expect(counts[3]).toBeGreaterThan(50);
  });

  it('stays with the ingest worker with Local, until that is full', () => {
    const request = { policy: 'Local', ingestWorker: 'a', random: seededRandom(1) } as const;
    expect(place({ ...request, workers: [worker('a'), worker('b')] })).toEqual({
      worker: 'a',
      reason: 'IngestHasHeadroom',
    });
    expect(place({ ...request, workers: [worker('a', HEADROOM_LOAD), worker('b')] })).toEqual({
      worker: 'b',
      reason: 'IngestIsFull',
    });
  });

  it('counts reservations against headroom', () => {
    const workers = [worker('a', 0.79, 10), worker('b', 0.79)];
    const request = { policy: 'Random', workers, ingestWorker: 'a' } as const;
    for (let seed = 0; seed < 50; seed += 1) {
      expect(place({ ...request, random: seededRandom(seed) })?.worker).toBe('b');
    }
  });

  it('avoids who is to be replaced, unless all are', () => {
    const leaving = { ...worker('a'), isLeaving: true };
    const request = { policy: 'Local', ingestWorker: 'a', random: seededRandom(1) } as const;
    expect(place({ ...request, workers: [leaving, worker('b')] })?.worker).toBe('b');
    expect(place({ ...request, workers: [leaving] })?.worker).toBe('a');
  });

  it.each(PLACEMENT_POLICIES)('%s never refuses while there is a worker', (policy) => {
    const loads = fc.array(fc.record({ load: fc.double({ min: 0, max: 2, noNaN: true }) }));
    fc.assert(
      fc.property(loads, fc.integer(), (some, seed) => {
        const workers = some.map(({ load }, at) => worker(`w-${at}`, load));
        const request = { policy, workers, ingestWorker: 'w-0', random: seededRandom(seed) };
        const placement = place(request);
        if (workers.length === 0) return placement === undefined;
        const drawn = workers.find(({ id }) => id === placement?.worker);
        const anyHasHeadroom = workers.some(({ load }) => load < HEADROOM_LOAD);
        return drawn !== undefined && drawn.load < HEADROOM_LOAD === anyHasHeadroom;
      }),
    );
  });
});

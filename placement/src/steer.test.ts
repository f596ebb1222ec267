import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Accepting, WorkerPicture } from './fleet-picture.ts';
import { planSteering } from './steer.ts';

function worker(id: string, load: number, accepting: Accepting = 'Yes'): WorkerPicture {
  const rest = { busy: load, previousLoad: load, isDraining: false, isSilent: false };
  return { id, load, accepting, ...rest };
}

const plan = (workers: readonly WorkerPicture[]) => planSteering({ workers, maxImbalance: 1.25 });

/** Three that were there, three that just came. */
const GROWN = [0.4, 0.42, 0.41, 0, 0, 0].map((load, at) => worker(`w-${at}`, load));

describe('planSteering', () => {
  it('closes the busiest third', () => {
    expect(plan(GROWN)).toMatchObject({ closed: ['w-1', 'w-2'], reason: 'Steered' });
  });

  it.each<[string, WorkerPicture[], string]>([
    ['level ones', [0.2, 0.22, 0.24].map((load, at) => worker(`w-${at}`, load)), 'Level'],
    ['idle ones', [0.004, 0, 0].map((load, at) => worker(`w-${at}`, load)), 'Idle'],
    ['two', [worker('a', 0.5), worker('b', 0)], 'TooFewWorkers'],
    ['full ones', [2, 0.9, 0.9].map((load, at) => worker(`w-${at}`, load)), 'NoHeadroom'],
  ])('leaves %s open', (_what, workers, reason) => {
    expect(plan(workers)).toMatchObject({ closed: [], reason });
  });

  it('goes on until there is room to the bound, and then opens all', () => {
    const at = (load: number, accepting: Accepting): string[] => {
      const others = [0.2, 0.2, 0.2, 0.2, 0.2].map((one, i) => worker(`w-${i}`, one));
      return [...plan([worker('busy', load, accepting), ...others]).closed];
    };
    expect(at(0.24, 'Yes')).toEqual([]);
    expect(at(0.24, 'Steered')).toEqual(['busy']);
    expect(at(0.22, 'Steered')).toEqual([]);
  });

  it('counts those who take nobody anyway', () => {
    const leaving = [worker('x', 0.4, 'No'), worker('y', 0.4, 'No'), worker('z', 0.4, 'No')];
    expect(plan([...GROWN, ...leaving])).toMatchObject({ closed: [], reason: 'TooFewWorkers' });
    expect(plan([...GROWN, ...leaving.slice(0, 1)]).closed).toHaveLength(1);
  });

  it('never closes more than a third, nobody below the mean, and always leaves one', () => {
    const some = fc.array(
      fc.record({
        load: fc.double({ min: 0, max: 0.7, noNaN: true }),
        accepting: fc.constantFrom<Accepting>('Yes', 'Yes', 'Steered', 'No'),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(some, (drawn) => {
        const workers = drawn.map(({ load, accepting }, at) => worker(`w-${at}`, load, accepting));
        const { closed, before } = plan(workers);
        const off = closed.length + workers.filter(({ accepting }) => accepting === 'No').length;
        if (closed.length > 0) expect(off).toBeLessThanOrEqual(workers.length / 3);
        for (const id of closed) {
          const one = workers.find((other) => other.id === id);
          expect(one?.accepting).not.toBe('No');
          expect(one?.load).toBeGreaterThan(before.meanLoad);
        }
      }),
    );
  });
});

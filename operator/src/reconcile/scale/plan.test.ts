import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planWorkers, type Plan, type PlannedWorker } from './plan.ts';

function worker(id: string, more: Partial<PlannedWorker> = {}): PlannedWorker {
  return {
    ...{ id, isReady: true, publishers: 1, viewers: 5, homes: 1 },
    ...{ isOutdated: false, isClosed: false, isStuck: false },
    ...more,
  };
}

function plan(
  desired: number,
  workers: readonly PlannedWorker[],
  more: { maxSurgePercent?: number; areSomeGoing?: boolean } = {},
): Plan {
  return planWorkers({ desired, workers, maxSurgePercent: 33, areSomeGoing: false, ...more });
}

const old = (id: string, isClosed = false): PlannedWorker =>
  worker(id, { isOutdated: true, isClosed });

describe('planWorkers, all of one revision', () => {
  it('starts who is missing and retires the cheapest of too many', () => {
    expect(plan(3, [worker('a')])).toEqual({ create: 2, retire: [], closeOutdated: false });
    const three = [worker('a'), worker('b', { publishers: 0 }), worker('c')];
    expect(plan(2, three).retire).toEqual(['b']);
  });
});

describe('planWorkers, some outdated', () => {
  it('starts the surge before anybody leaves', () => {
    const all = [old('a'), old('b'), old('c')];
    expect(plan(3, all)).toEqual({ create: 1, retire: [], closeOutdated: false });
    const starting = [...all, worker('d', { isReady: false })];
    expect(plan(3, starting)).toEqual({ create: 0, retire: [], closeOutdated: false });
  });

  it('closes all outdated ones first, then retires as many as are over', () => {
    const open = [old('a'), old('b'), old('c'), worker('d')];
    expect(plan(3, open)).toEqual({ create: 0, retire: [], closeOutdated: true });
    const closed = [old('a', true), old('b', true), old('c', true), worker('d')];
    expect(plan(3, closed)).toMatchObject({ create: 0, closeOutdated: true });
    expect(plan(3, closed).retire).toHaveLength(1);
  });

  it('goes on while those who left still drain', () => {
    const workers = [old('b', true), old('c', true), worker('d')];
    expect(plan(3, workers, { areSomeGoing: true })).toEqual({
      ...{ create: 1, retire: [], closeOutdated: true },
    });
  });

  it('without room for a surge, lets one go first, and not a second meanwhile', () => {
    const workers = [old('a'), old('b'), worker('c', { isReady: false, isStuck: true })];
    expect(plan(2, workers).retire).toHaveLength(1);
    expect(plan(2, workers, { areSomeGoing: true }).retire).toHaveLength(0);
  });

  it('empties a cluster that is scaled to 0 meanwhile', () => {
    expect(plan(0, [old('a', true), old('b', true)]).retire).toHaveLength(2);
  });

  it('always ends, never above the surge, never fewer serving than wanted where there is room', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 100 }),
        (n, percent) => {
          let workers = Array.from({ length: n }, (_, i) => old(`old-${i}`));
          const surge = Math.max(1, Math.ceil((n * percent) / 100));
          for (let round = 0; workers.some(({ isOutdated }) => isOutdated); round += 1) {
            if (round > 100) return false;
            const { create, retire, closeOutdated } = plan(n, workers, {
              maxSurgePercent: percent,
            });
            const left = workers.filter(({ id }) => !retire.includes(id));
            const made = Array.from({ length: create }, (_, i) => worker(`new-${round}-${i}`));
            workers = [...left, ...made].map((one) =>
              one.isOutdated ? { ...one, isClosed: closeOutdated } : one,
            );
            if (workers.length > n + surge || workers.length < n) return false;
          }
          return workers.length === n;
        },
      ),
    );
  });
});

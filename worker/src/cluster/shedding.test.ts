import { describe, expect, it } from 'vitest';
import { ManualClock } from '../stream/clock.ts';
import { FleetLoad } from './fleet-load.ts';
import { Shedding } from './shedding.ts';
import type { WorkerSighting } from './workers.ts';

function sighting(id: string, weighedLoad: number, isDraining = false): WorkerSighting {
  return {
    ...{ id, weighedLoad, isDraining, isAdmitting: true, load: 0, startedUnixMs: 0 },
    ...{ grpcAddress: '', httpAddress: '', publicHttp: '', publicHttps: '' },
  };
}

function sheddingOf(clock: ManualClock, own: number, others: WorkerSighting[]): Shedding {
  const ownLoad = { now: () => own };
  const workers = { live: () => others };
  const fleetLoad = new FleetLoad({ ownLoad, workers, clock });
  return new Shedding({ ownLoad, fleetLoad, clock });
}

/** Of the first. */
function shareOf(...all: WorkerSighting[]): number {
  const [self] = all;
  return sheddingOf(new ManualClock(), self!.weighedLoad, all.slice(1)).share();
}

describe('Shedding', () => {
  it.each([
    ['what is above the mean', shareOf(sighting('a', 0.3), sighting('b', 0.1)), 1 / 3],
    ['nothing where it is even', shareOf(sighting('a', 0.2), sighting('b', 0.2)), 0],
    ['nothing below the mean', shareOf(sighting('a', 0.1), sighting('b', 0.4)), 0],
    ['nothing while hardly anybody watches', shareOf(sighting('a', 0.004), sighting('b', 0)), 0],
    ['nothing where nobody else is', shareOf(sighting('a', 0.9)), 0],
    ['nothing where all others drain', shareOf(sighting('a', 0.9), sighting('b', 0.1, true)), 0],
  ])('is %s', (_what, share, expected) => {
    expect(share).toBeCloseTo(expected, 9);
  });

  it('is given once a round, to all who look within a second', () => {
    const clock = new ManualClock();
    const shedding = sheddingOf(clock, 0.3, [sighting('b', 0.1)]);
    const given = Array.from({ length: 14 }, () => {
      const share = shedding.share();
      clock.advance(500);
      return share > 0;
    });
    const [once, never] = [[true, true], Array.from({ length: 10 }, () => false)];
    expect(given).toEqual([...once, ...never, ...once]);
  });
});

import { describe, expect, it } from 'vitest';
import { seededRandom } from './random.ts';
import { shedShare, viewerTarget, type ServerLoad, type ViewerTarget } from './viewer-target.ts';

const HERE = { id: 'here', load: 0.2, landed: 0, hasStream: false };

function server(id: string, load: number, sentViewers = 0): ServerLoad {
  return { id, load, sentViewers };
}

function target(
  servers: readonly ServerLoad[],
  more: { here?: Partial<typeof HERE>; meanLoad?: number; seed?: number } = {},
): ViewerTarget {
  const { here = {}, meanLoad = 0.2, seed = 1 } = more;
  return viewerTarget({
    here: { ...HERE, ...here },
    ...{ servers, meanLoad, maxImbalance: 1.25, bitsPerSecond: 2e6, viewerLoad: 0.000_06 },
    random: seededRandom(seed),
  });
}

describe('viewerTarget', () => {
  it('is the home where nobody else serves the stream', () => {
    expect(target([server('home', 0.2)])).toEqual({ worker: 'home', reason: 'Home' });
  });

  it('is the less loaded of two that are drawn, those counted who were just sent', () => {
    const two = [server('a', 0.1), server('b', 0.2)];
    for (let seed = 0; seed < 20; seed += 1) expect(target(two, { seed }).worker).toBe('a');
    const sent = [server('a', 0.1, 2_000), server('b', 0.2)];
    expect(target(sent)).toEqual({ worker: 'b', reason: 'LessLoadedOfTwo' });
  });

  it('is not the same one of many for everybody', () => {
    const many = Array.from({ length: 9 }, (_, at) => server(`s-${at}`, 0.1 + at / 1e4));
    const drawn = Array.from({ length: 200 }, (_, seed) => target(many, { seed }).worker);
    const counts = many.map(({ id }) => drawn.filter((one) => one === id).length);
    expect(Math.max(...counts)).toBeLessThan(80);
    expect(counts[7]).toBeGreaterThan(0);
  });

  it('is here when servers are too busy and enough land to be worth a relay', () => {
    const busy = [server('home', 0.9)];
    expect(target(busy).worker).toBe('home');
    expect(target(busy, { here: { landed: 5 } }).worker).toBe('home');
    expect(target(busy, { here: { landed: 20 } })).toEqual({
      worker: 'here',
      reason: 'ServersAreBusy',
    });
    expect(target(busy, { here: { hasStream: true } }).worker).toBe('here');
  });

  it('is not here where this worker is as busy', () => {
    expect(target([server('home', 0.9)], { here: { load: 0.95, landed: 99 } }).worker).toBe('home');
  });

  it('spreads a crowd that comes before any report, when all seems idle', () => {
    const crowd = { here: { load: 0.01, landed: 50 }, meanLoad: 0 };
    expect(target([server('home', 0, 100)], crowd).worker).toBe('home');
    expect(target([server('home', 0, 400)], crowd).worker).toBe('here');
  });

  it('is here where nobody serves the stream', () => {
    expect(target([]).worker).toBe('here');
  });
});

describe('shedShare', () => {
  it.each([
    [0.2, 0.2, 0],
    [0.22, 0.2, 0],
    [0.4, 0.2, 0.5],
    [2, 0.2, 0.9],
    [0.004, 0, 0],
  ])('of load %d at mean %d is %d', (load, meanLoad, share) => {
    expect(shedShare(load, meanLoad, 1.25)).toBeCloseTo(share, 9);
  });
});

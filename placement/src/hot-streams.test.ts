import { describe, expect, it } from 'vitest';
import { demandOf, wantedAfterMerge, wantedServers } from './hot-streams.ts';
import { TestFleet } from './testing/fleet.ts';
import { feedLoad, viewerLoad } from './traffic-load.ts';

const LIMITS = { splitAtMeanLoad: 0.5, maxReplicas: undefined };
const FEED = feedLoad(2e6);

describe('wantedServers', () => {
  it.each([
    ['half of the mean', { load: 0.1, relays: 0 }, 1, 'FitsOne'],
    ['more than that', { load: 0.11, relays: 0 }, 2, 'Load'],
    ['all load of ten workers', { load: 2, relays: 9 }, 10, 'Load'],
    ['24 relays', { load: 0, relays: 24 }, 1, 'FitsOne'],
    ['one more', { load: 0, relays: 25 }, 2, 'Relays'],
  ])('gives a stream with %s so many', (_what, demand, servers, why) => {
    expect(wantedServers(demand, LIMITS, 0.2, 10)).toMatchObject({ servers, why });
  });

  it('splits nothing that any worker can carry, however idle the others are', () => {
    expect(wantedServers({ load: 0.004, relays: 0 }, LIMITS, 0.0001, 9).servers).toBe(1);
  });

  it('keeps to the cap of replicas', () => {
    const limits = { ...LIMITS, maxReplicas: 2 };
    expect(wantedServers({ load: 2, relays: 0 }, limits, 0.2, 10)).toMatchObject({
      servers: 3,
      need: 20,
    });
  });
});

describe('wantedAfterMerge', () => {
  it('wants fewer only when a stream could grow by half', () => {
    const of = (load: number) => wantedAfterMerge({ load, relays: 0 }, LIMITS, 0.2, 10).servers;
    expect([0.19, 0.14, 0.06].map(of)).toEqual([3, 3, 1]);
  });
});

describe('demandOf', () => {
  const stream = new TestFleet(['i', 'h', 'a'])
    .stream('live/x', 'h', { ingest: 'i' })
    .viewers('live/x', 'i', { relay: 1, flv: 1 })
    .viewers('live/x', 'h', { relay: 2, hls: 1 })
    .viewers('live/x', 'a', { flv: 5 })
    .picture()
    .streams.get('live/x')!;

  it('is what servers feed in Service mode; the home is no relay of the ingest worker', () => {
    const { load, relays } = demandOf(stream, 'Service');
    expect(relays).toBe(2);
    expect(load).toBeCloseTo(3 * FEED, 9);
  });

  it('is that and all viewers, wherever they are, in redirect mode', () => {
    const viewers = 6 * viewerLoad('flv', 2e6) + viewerLoad('hls', 2e6);
    expect(demandOf(stream, 'Redirect').load).toBeCloseTo(3 * FEED + viewers, 9);
  });
});

import { describe, expect, it } from 'vitest';
import { workerLoad, type ReportedStream } from './fleet-picture.ts';
import { TestFleet } from './testing/fleet.ts';
import { feedLoad, intakeLoad, viewerLoad } from './traffic-load.ts';

const RATE = 2e6;
const [FLV, HLS] = [viewerLoad('flv', RATE), viewerLoad('hls', RATE)];
const [FEED, INTAKE] = [feedLoad(RATE), intakeLoad()];

describe('fleetPicture', () => {
  const picture = new TestFleet(['a', 'b', 'c'])
    .stream('live/x', 'b', { ingest: 'a' })
    .viewers('live/x', 'a', { relay: 1 })
    .viewers('live/x', 'b', { relay: 1, flv: 2, hls: 3 })
    .viewers('live/x', 'c', { rtmp: 4 })
    .picture();

  it('adds up what each worker does', () => {
    const loads = [...picture.workers.values()].map(({ load }) => load);
    expect(loads[0]).toBeCloseTo(INTAKE + FEED, 9);
    expect(loads[1]).toBeCloseTo(INTAKE + FEED + 2 * FLV + 3 * HLS, 9);
    expect(loads[2]).toBeCloseTo(INTAKE + 4 * FLV, 9);
  });

  it('knows who stays and who asks anew, who pulls and who is pulled from', () => {
    const [a, b, c] = picture.streams.get('live/x')?.parts ?? [];
    expect(a).toMatchObject({ worker: 'a', relays: 1, isPulled: false, stayingLoad: 0 });
    expect(b).toMatchObject({ relays: 1, relaysLoad: FEED, isPulled: true, askingLoad: 3 * HLS });
    expect(b?.stayingLoad).toBeCloseTo(2 * FLV, 12);
    expect(c).toMatchObject({ relays: 0, isPulled: true, askingLoad: 0 });
  });

  it('takes in nothing where nobody reads, and ignores streams that are not in the directory', () => {
    const idle = new TestFleet(['a', 'b'])
      .stream('live/x', 'b', { ingest: 'a' })
      .viewers('live/x', 'b', { flv: 0 })
      .viewers('live/gone', 'a', { flv: 1 })
      .picture();
    expect(idle.workers.get('b')?.load).toBe(0);
    expect([...idle.streams.keys()]).toEqual(['live/x']);
    expect(idle.workers.get('a')?.load).toBeCloseTo(INTAKE + FLV, 9);
  });
});

describe('workerLoad', () => {
  const streams: ReportedStream[] = [
    { stream: 'live/x', isIngest: true, bitsPerSecond: RATE, viewers: { flv: 2, relay: 1 } },
  ];

  it('counts viewers of streams that the report leaves out', () => {
    const all = { flv: 12, relay: 4, hls: 1 };
    const load = workerLoad({ id: 'a', streams, viewersByProtocol: all });
    expect(load).toBeCloseTo(INTAKE + 12 * FLV + 4 * FEED + HLS, 9);
  });

  it('counts TLS on top, of no more viewers than there are', () => {
    const [first] = streams as [ReportedStream];
    const plain = workerLoad({ id: 'a', streams });
    const one = workerLoad({ id: 'a', streams: [{ ...first, encrypted: { flv: 1 } }] });
    const all = workerLoad({ id: 'a', streams: [{ ...first, encrypted: { flv: 9 } }] });
    expect(one - plain).toBeCloseTo(viewerLoad('flv', RATE, true) - FLV, 9);
    expect(all - plain).toBeCloseTo(2 * (one - plain), 9);
  });
});

import { StreamInfo_Role, type LoadReport } from '@streamcluster/proto';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { reportBytes, streamInfo } from '../testing/reports.ts';
import { Fleet } from './fleet.ts';
import { streamViews } from './stream-view.ts';
import { maxOverMeanLoad, totalViewers } from './totals.ts';

describe('Fleet', () => {
  let clock: ManualClock;
  let fleet: Fleet;
  beforeEach(() => {
    clock = new ManualClock();
    fleet = new Fleet(clock);
    fleet.setConnected(true);
  });

  it('calls a worker silent after six seconds, in which NATS was there', async () => {
    fleet.receive(reportBytes('w-0'), 'w-0');
    await clock.advance(5_900);
    expect(fleet.get('w-0')?.isSilent).toBe(false);
    await clock.advance(200);
    expect(fleet.get('w-0')?.isSilent).toBe(true);
    fleet.setConnected(false);
    expect(fleet.get('w-0')?.isSilent).toBe(false);
    fleet.setConnected(true);
    await clock.advance(5_000);
    expect(fleet.get('w-0')?.isSilent).toBe(false);
  });

  it('believes a busy loop only the second time', () => {
    const loads = [0.95, 0.9, 0.1, 0.9].map((loopUtilization) => {
      fleet.receive(reportBytes('w-0', { loopUtilization }), 'w-0');
      return fleet.get('w-0')?.settledBusy;
    });
    expect(loads).toEqual([0, 0.9, 0.1, 0.1]);
  });

  it('marks the process that drains, not the next of its name', () => {
    fleet.receive(reportBytes('w-0'), 'w-0');
    fleet.markDraining('w-0', true);
    fleet.receive(reportBytes('w-0'), 'w-0');
    expect(fleet.get('w-0')?.isDraining).toBe(true);
    fleet.receive(reportBytes('w-0', { startedUnixMs: 2n }), 'w-0');
    expect(fleet.get('w-0')?.isDraining).toBe(false);
  });

  it('counts and drops what is no report', () => {
    for (const bytes of [Buffer.from('garbage'), Buffer.alloc(0), reportBytes('x'.repeat(101))]) {
      fleet.receive(bytes, 'x'.repeat(101));
    }
    expect(fleet.list()).toEqual([]);
    expect(fleet.reportsRefused).toBe(3);
  });

  it('believes nobody who speaks for another', () => {
    fleet.receive(reportBytes('w-1', { publishers: 99 }), 'w-2');
    fleet.receive(Buffer.alloc(0), '');
    expect(fleet.list()).toEqual([]);
    expect(fleet.reportsRefused).toBe(2);
  });

  it('is bounded whoever reports', () => {
    for (let i = 0; i < 10_050; i += 1) fleet.receive(reportBytes(`w-${i}`), `w-${i}`);
    expect(fleet.list()).toHaveLength(10_000);
  });

  it('keeps only those that exist', () => {
    for (const id of ['w-0', 'w-1', 'w-10', 'w-2']) fleet.receive(reportBytes(id), id);
    expect(fleet.list().map(({ id }) => id)).toEqual(['w-0', 'w-1', 'w-2', 'w-10']);
    fleet.retain(new Set(['w-2', 'w-10']));
    expect(fleet.list().map(({ id }) => id)).toEqual(['w-2', 'w-10']);
    fleet.receive(reportBytes('w-3'), 'w-3');
    expect(fleet.list().map(({ id }) => id)).toEqual(['w-2', 'w-3', 'w-10']);
    fleet.forget('w-2');
    expect(fleet.list().map(({ id }) => id)).toEqual(['w-3', 'w-10']);
  });

  it('adds up viewers without relays, and tells how even the load is', () => {
    fleet.receive(
      reportBytes('a', { loopUtilization: 0.6, viewersByProtocol: { flv: 3, relay: 9 } }),
      'a',
    );
    fleet.receive(reportBytes('b', { loopUtilization: 0.2, viewersByProtocol: { hls: 2 } }), 'b');
    expect(totalViewers(fleet.list())).toBe(5);
    // However busy they say they are: so few viewers are no load.
    expect(maxOverMeanLoad(fleet.list())).toBe(1);
    expect(maxOverMeanLoad([])).toBe(1);
    const watched = (flv: number): LoadReport['topStreams'] => [
      streamInfo('live/a', { role: StreamInfo_Role.ROLE_RELAY, viewers: { flv } }),
    ];
    fleet.receive(reportBytes('a', { topStreams: watched(900) }), 'a');
    fleet.receive(reportBytes('b', { topStreams: watched(300) }), 'b');
    fleet.receive(reportBytes('c', { topStreams: watched(9_000), draining: true }), 'c');
    expect(maxOverMeanLoad(fleet.list())).toBeCloseTo(1.5, 1);
    expect([fleet.get('c')?.previousLoad, fleet.get('b')?.previousLoad]).toEqual([undefined, 0]);
  });

  it('shows a stream as directory and workers have it', () => {
    const tracks = [
      {
        kind: 'video',
        codec: 'h264',
        width: 1,
        height: 2,
        sampleRate: 0,
        channels: 0,
        profile: '',
      },
    ];
    const home = streamInfo('live/a', {
      role: StreamInfo_Role.ROLE_RELAY,
      viewers: { flv: 2, hls: 1 },
      bitsPerSecond: 7,
    });
    const ingest = streamInfo('live/a', {
      role: StreamInfo_Role.ROLE_INGEST,
      viewers: { flv: 1, relay: 1 },
      bitsPerSecond: 8,
      tracks,
    });
    fleet.receive(reportBytes('w-0', { topStreams: [home] }), 'w-0');
    fleet.receive(
      reportBytes('w-1', { topStreams: [ingest, streamInfo('live/not-listed')] }),
      'w-1',
    );
    const entry = {
      home: 'w-0',
      ingest: 'w-1',
      replicas: [],
      epoch: 4,
      publishedUnixMs: 1,
      nonce: 'n',
    };
    const directory = new Map([
      ['live/b', { ...entry, ingest: 'w-9' }],
      ['live/a', entry],
    ]);
    const [a, b, ...rest] = streamViews(directory, fleet.list());
    expect(rest).toEqual([]);
    expect(a).toMatchObject({
      name: 'live/a',
      state: 'live',
      viewers: 4,
      bitsPerSecond: 8,
      tracks,
    });
    expect(a?.viewersByProtocol).toEqual({ flv: 3, hls: 1 });
    expect(a?.workers.map(({ worker, role }) => [worker, role])).toEqual([
      ['w-0', 'relay'],
      ['w-1', 'ingest'],
    ]);
    expect(b).toMatchObject({ name: 'live/b', state: 'starting', viewers: 0, workers: [] });
  });
});

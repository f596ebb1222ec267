import { LoadReport } from '@streamcluster/proto';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../stream/clock.ts';
import { ViewersElsewhere } from './viewers-elsewhere.ts';

function report(worker: string, viewers: Record<string, number>): LoadReport {
  return LoadReport.fromPartial({ worker, topStreams: [{ name: 'live/news', viewers }] });
}

describe('ViewersElsewhere', () => {
  it('adds up what workers reported last, without relays, until they are silent', () => {
    const clock = new ManualClock();
    const elsewhere = new ViewersElsewhere({ clock, limitsViewers: () => true });
    elsewhere.note(report('a', { flv: 2, hls: 3, relay: 7 }));
    elsewhere.note(report('b', { rtmp: 1 }));
    expect([elsewhere.of('live/news'), elsewhere.of('live/other')]).toEqual([6, 0]);
    clock.advance(4_000);
    elsewhere.note(report('b', { rtmp: 2 }));
    clock.advance(2_001);
    expect(elsewhere.of('live/news')).toBe(2);
  });

  it('keeps nothing where nobody asks', () => {
    let isWanted = true;
    const clock = new ManualClock();
    const elsewhere = new ViewersElsewhere({ clock, limitsViewers: () => isWanted });
    elsewhere.note(report('a', { flv: 2 }));
    isWanted = false;
    elsewhere.note(report('b', { flv: 2 }));
    expect(elsewhere.of('live/news')).toBe(0);
  });
});

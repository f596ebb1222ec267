import { describe, expect, it } from 'vitest';
import { feedLoad, intakeLoad, isLongLived, viewerLoad } from './traffic-load.ts';

const MBPS = 1e6;

describe('viewerLoad', () => {
  it('is about 60 us a second of 2 Mb/s, whether by session or by requests', () => {
    for (const protocol of ['flv', 'ws-flv', 'rtmp', 'hls', 'unheard-of']) {
      const us = viewerLoad(protocol, 2 * MBPS) * 1e6;
      expect(us, protocol).toBeGreaterThan(50);
      expect(us, protocol).toBeLessThan(75);
    }
  });

  it('counts sends where there are few bytes, and bytes where there are many', () => {
    expect(viewerLoad('flv', 0.1 * MBPS)).toBeCloseTo(viewerLoad('flv', 0.2 * MBPS), 5);
    expect(viewerLoad('flv', 40 * MBPS)).toBeCloseTo(2 * viewerLoad('flv', 20 * MBPS), 9);
  });

  it('is three times as much over TLS, at 2 Mb/s', () => {
    const ratio = viewerLoad('flv', 2 * MBPS, true) / viewerLoad('flv', 2 * MBPS);
    expect(ratio).toBeGreaterThan(2);
    expect(ratio).toBeLessThan(4);
  });

  it('counts packets of what goes by UDP', () => {
    expect(viewerLoad('srt', 1_316 * 8 * 1_000)).toBeCloseTo(0.000_51, 9);
    expect(viewerLoad('srt', 2 * MBPS, true)).toBe(viewerLoad('srt', 2 * MBPS));
  });
});

describe('relays', () => {
  it('cost several viewers where they come from: they are served eight times as often', () => {
    const viewers = feedLoad(2 * MBPS) / viewerLoad('flv', 2 * MBPS);
    expect(viewers).toBeGreaterThan(5);
    expect(viewers).toBeLessThan(8);
  });

  it('cost what a publisher does where they arrive', () => {
    expect(intakeLoad()).toBeCloseTo(0.000_339, 6);
  });
});

describe('isLongLived', () => {
  it('is true of all but those who ask anew', () => {
    expect(['flv', 'rtmp', 'srt', 'hls'].map(isLongLived)).toEqual([true, true, true, false]);
  });
});

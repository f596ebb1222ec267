import { describe, expect, it } from 'vitest';
import { angleOf, arc, gopsOf, lagTone, periodFor, pointAt } from './page/ring/geometry.js';
import { bitrate, duration, size } from './page/format.js';
import { hrefOf, routeOf, streamHref } from './page/routes.js';
import { yamlOf } from './page/parts/yaml.js';

describe('addresses behind the #', () => {
  it.each([
    ['', { page: 'overview' }],
    ['#/', { page: 'overview' }],
    ['#/clusters/media/live', { page: 'cluster', cluster: { namespace: 'media', name: 'live' } }],
    [
      '#/clusters/media/live/streams/app/a%2Fb',
      { page: 'stream', cluster: { namespace: 'media', name: 'live' }, stream: 'app/a/b' },
    ],
    [
      '#/clusters/media/live/workers/live-0-1',
      { page: 'worker', cluster: { namespace: 'media', name: 'live' }, worker: 'live-0-1' },
    ],
    ['#/clusters/media', { page: 'unknown' }],
    ['#/else', { page: 'unknown' }],
    ['#/clusters/media/live/streams/%E0%A4%A/x', { page: 'stream', stream: '%E0%A4%A/x' }],
  ])('%s', (hash, route) => {
    expect(routeOf(hash)).toMatchObject(route);
  });

  it('hold whatever a name holds', () => {
    const cluster = { namespace: 'media', name: 'live' };
    const name = '<img src=x>?#&';
    expect(routeOf(streamHref(cluster, `live/${name}`)).stream).toBe(`live/${name}`);
    expect(hrefOf(cluster, 'workers', 'a/b')).toBe('#/clusters/media/live/workers/a%2Fb');
  });
});

describe('the ring', () => {
  it('goes once around in its period, clockwise from the top', () => {
    expect([0, 2_500, 5_000, 10_000, 12_500].map((ms) => angleOf(ms, 10_000))).toEqual([
      ...[0, 90, 180, 0, 90],
    ]);
    expect(angleOf(-2_500, 10_000)).toBe(270);
    expect(pointAt(10, 90).map(Math.round)).toEqual([10, 0]);
    expect(pointAt(10, 180).map(Math.round)).toEqual([0, 10]);
  });

  it('keeps its period while what is kept fits', () => {
    const period = periodFor(12_000, 0);
    expect(period).toBeGreaterThan(12_000 * 1.1);
    expect(periodFor(13_000, period)).toBe(period);
    expect(periodFor(20_000, period)).toBeGreaterThan(20_000);
    expect(periodFor(2_000, 60_000)).toBe(8_000);
  });

  it('draws arcs of any length, and none of no length', () => {
    expect(arc(100, 0, 90)).toBe('M0.00 -100.00A100 100 0 0 1 100.00 0.00');
    expect(arc(100, 0, 270)).toContain(' 0 1 1 ');
    expect(arc(100, 10, 500)).toBe(arc(100, 10, 359.99));
    expect(arc(100, 10, 0)).toBe('');
    expect(arc(100, 10, NaN)).toBe('');
  });

  it('has GOPs from key frame to key frame, the newest up to the writer', () => {
    expect(gopsOf({ starts: [{ dtsMs: 0 }, { dtsMs: 2_000 }] }, 3_000)).toEqual([
      { fromMs: 0, toMs: 2_000, isNewest: false },
      { fromMs: 2_000, toMs: 3_000, isNewest: true },
    ]);
  });

  it('tells those who are behind from those who are not', () => {
    expect([100, 1_600, 3_100].map((ms) => lagTone(ms, 5_000))).toEqual(['good', 'warn', 'bad']);
  });
});

describe('figures', () => {
  it('are short', () => {
    expect([900_000, 2_140_000, 15_200_000_000].map(bitrate)).toEqual([
      ...['900 kb/s', '2.1 Mb/s', '15.20 Gb/s'],
    ]);
    expect([2_048, 3 * 2 ** 20, 2 ** 31].map(size)).toEqual(['2 KiB', '3.0 MiB', '2.0 GiB']);
    expect([-5, 59_000, 61_000, 7_260_000, 200_000_000].map(duration)).toEqual([
      ...['0 s', '59 s', '1 min 1 s', '2 h 1 min', '2 days'],
    ]);
  });
});

describe('a specification', () => {
  it('is shown as YAML', () => {
    const spec = { fixed: { replicas: 3 }, tls: {}, names: ['a', 'b:c'], many: [{ a: 1, b: 2 }] };
    expect(yamlOf(spec)).toBe(
      '\nfixed:\n  replicas: 3\ntls: {}\nnames: [a, "b:c"]\nmany:\n  - a: 1\n    b: 2\n',
    );
  });
});

import { pick, seededRandom } from '@streamcluster/placement';
import { describe, expect, it } from 'vitest';
import { bucketKey, parseDirectoryEntry, streamKeyOf } from '@streamcluster/proto';
import { isEarlier, isNewer } from './precedence.ts';
import { jitter, nonce } from './random.ts';
import { upstreamOf } from './upstream.ts';

describe('upstreamOf', () => {
  const entry = { home: 'h', ingest: 'i' };
  const all = (): boolean => true;
  it.each([
    ['the ingest worker takes it from nobody', 'i', entry, all, undefined],
    ['the home takes it from the ingest worker', 'h', entry, all, 'i'],
    ['all others take it from the home', 'x', entry, all, 'h'],
    [
      'or from the ingest worker while the home is away',
      'x',
      entry,
      (id: string) => id !== 'h',
      'i',
    ],
    [
      'a home that is ingest worker, too, is asked directly',
      'x',
      { home: 'i', ingest: 'i' },
      all,
      'i',
    ],
    [
      'an ingest worker that is home takes it from nobody',
      'i',
      { home: 'i', ingest: 'i' },
      all,
      undefined,
    ],
  ])('%s', (...[, self, place, isReachable, upstream]) => {
    expect(upstreamOf({ self, entry: place, isReachable })).toBe(upstream);
  });

  it('leads in no circle', () => {
    const workers = ['h', 'i', 'x', 'y'];
    for (const start of workers) {
      let at: string | undefined = start;
      for (let hops = 0; at !== undefined; hops += 1) {
        expect(hops).toBeLessThan(3);
        at = upstreamOf({ self: at, entry, isReachable: all });
      }
    }
  });
});

describe('directory entries', () => {
  const entry = { home: 'h', ingest: 'i', replicas: [], epoch: 1, publishedUnixMs: 5, nonce: 'n' };

  it('have keys that NATS allows, whatever the stream is called', () => {
    for (const key of ['live/news', `${'a'.repeat(64)}/${'B~._-'.repeat(25)}x`]) {
      expect(bucketKey(key)).toMatch(/^[-\w]+$/);
      expect(streamKeyOf(bucketKey(key))).toBe(key);
    }
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['no home', JSON.stringify({ ...entry, home: undefined })],
    ['a negative epoch', JSON.stringify({ ...entry, epoch: -1 })],
    ['replicas that are no names', JSON.stringify({ ...entry, replicas: [1] })],
  ])('are refused with %s', (_title, json) => {
    expect(parseDirectoryEntry(Buffer.from(json))).toBeUndefined();
  });

  it('are ordered by epoch, then by worker', () => {
    expect(isNewer({ ...entry, epoch: 2 }, entry)).toBe(true);
    expect(isNewer({ ...entry, ingest: 'j' }, entry)).toBe(true);
    expect(isNewer(entry, entry)).toBe(false);
  });

  it('of two sides of an outage are judged by time, then by worker', () => {
    expect(isEarlier({ ...entry, publishedUnixMs: 4 }, entry)).toBe(true);
    expect(isEarlier({ ...entry, ingest: 'a' }, entry)).toBe(true);
    expect(isEarlier(entry, entry)).toBe(false);
  });
});

describe('chance', () => {
  it('picks each with the same probability', () => {
    const random = seededRandom(7);
    const counts: Record<string, number> = {};
    for (let draw = 0; draw < 30_000; draw += 1) {
      const letter = pick(random, ['a', 'b', 'c'])!;
      counts[letter] = (counts[letter] ?? 0) + 1;
    }
    for (const count of Object.values(counts)) expect(Math.abs(count - 10_000)).toBeLessThan(300);
    expect(pick<string>(random, [])).toBeUndefined();
  });

  it('keeps jitter within its share', () => {
    const random = seededRandom(8);
    for (let draw = 0; draw < 1_000; draw += 1) {
      const ms = jitter(random, 1_000, 0.1);
      expect(ms).toBeGreaterThanOrEqual(900);
      expect(ms).toBeLessThanOrEqual(1_100);
    }
  });

  it('draws nonces that differ', () => {
    const random = seededRandom(9);
    const drawn = Array.from({ length: 1_000 }, () => nonce(random));
    expect(new Set(drawn).size).toBe(1_000);
  });
});

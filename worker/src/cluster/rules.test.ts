import { pick, seededRandom } from '@streamcluster/placement';
import { describe, expect, it } from 'vitest';
import { bucketKey, parseDirectoryEntry, streamKeyOf } from '@streamcluster/proto';
import { isEarlier, isNewer } from './precedence.ts';
import { jitter, nonce } from './random.ts';
import { upstreamOf, type UpstreamQuestion } from './upstream.ts';

describe('upstreamOf', () => {
  const place = { home: 'h', ingest: 'i', replicas: [] as string[], epoch: 1 };
  const spread = { ...place, replicas: ['r', 's'] };
  const plain = { feedsServers: false };
  const all = (): boolean => true;
  const allBut =
    (...away: string[]) =>
    (id: string): boolean =>
      !away.includes(id);
  const ask = (self: string, more: Partial<UpstreamQuestion> = {}): string | undefined =>
    upstreamOf({ ...plain, self, place, isUsable: all, hints: [], ...more })?.worker;

  it('lets the home pull from the ingest worker, all others from the home', () => {
    expect(ask('i')).toBeUndefined();
    expect(ask('h')).toBe('i');
    expect(ask('x')).toBe('h');
    expect(ask('x', { place: { ...place, home: 'i' } })).toBe('i');
    expect(ask('i', { place: { ...place, home: 'i' } })).toBeUndefined();
  });

  it('takes replicas from the home, and spreads all others over home and replicas', () => {
    expect(ask('r', { place: spread })).toBe('h');
    const workers = Array.from({ length: 300 }, (_, at) => `w-${at}`);
    const counts = Map.groupBy(workers, (worker) => ask(worker, { place: spread }));
    expect([...counts.keys()].sort()).toEqual(['h', 'r', 's']);
    for (const theirs of counts.values()) expect(theirs.length).toBeGreaterThan(70);
    // A further replica takes from all, and moves nobody else.
    const more = { ...spread, replicas: ['r', 's', 't'] };
    for (const worker of workers) {
      const after = ask(worker, { place: more });
      if (after !== 't') expect(after).toBe(ask(worker, { place: spread }));
    }
  });

  it('falls back to the next, at last to the ingest worker', () => {
    const order = ['x', 'y', 'z'].map((self) => {
      const first = ask(self, { place: spread })!;
      const second = ask(self, { place: spread, isUsable: allBut(first) })!;
      const third = ask(self, { place: spread, isUsable: allBut(first, second) })!;
      expect(ask(self, { place: spread, isUsable: allBut(first, second, third) })).toBe('i');
      return [first, second, third].sort();
    });
    for (const servers of order) expect(servers).toEqual(['h', 'r', 's']);
    expect(ask('r', { place: spread, isUsable: allBut('h') })).toBe('i');
    // There is nobody else, so that it is asked, dead or alive.
    expect(ask('x', { isUsable: () => false })).toBe('i');
  });

  it('asks whom a full server named before the ingest worker, unless it serves itself', () => {
    const full = { ...plain, isUsable: allBut('h'), hints: ['x', 'y'] };
    expect(upstreamOf({ self: 'x', place, ...full })).toEqual({ worker: 'y', isSentOn: true });
    expect(upstreamOf({ self: 'z', place, ...full, hints: ['z'] })).toEqual({
      worker: 'i',
      isSentOn: false,
    });
    const ours = { ...spread, replicas: ['x'] };
    expect(upstreamOf({ self: 'x', place: ours, ...full })?.worker).toBe('i');
  });

  it('keeps who still feeds servers off those, who may hang on it', () => {
    expect(ask('x', { place: spread, feedsServers: true })).toBe('i');
    expect(ask('r', { place: spread, feedsServers: true })).toBe('h');
    expect(ask('i', { place: spread, feedsServers: true })).toBeUndefined();
  });

  it('leads in no circle', () => {
    for (const start of ['h', 'i', 'r', 's', 'x', 'y']) {
      let at: string | undefined = start;
      for (let hops = 0; at !== undefined; hops += 1) {
        expect(hops).toBeLessThan(4);
        at = ask(at, { place: spread });
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

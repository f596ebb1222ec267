import { describe, expect, it } from 'vitest';
import { streamName, type StreamName } from '../media/stream-name.ts';
import { ManualClock } from '../stream/clock.ts';
import { SegmentKeys } from './segment-keys.ts';

const NEWS = streamName('live', 'news') as StreamName;
const PUBLIC = streamName('open', 'news') as StreamName;

function keysOf(secret: string, clock = new ManualClock()): SegmentKeys {
  const keys = new SegmentKeys({ guards: (app) => app === 'live', clock });
  keys.become(Buffer.from(secret));
  return keys;
}

describe('SegmentKeys', () => {
  it('makes the same on every worker, another for each stream, cluster and 256 segments', () => {
    const key = keysOf('secret').of(NEWS, 300);
    expect(key).toMatch(/^[\w-]{22}$/);
    expect(keysOf('secret').of(NEWS, 511)).toBe(key);
    const other = streamName('live', 'other') as StreamName;
    const others = [keysOf('secret').of(NEWS, 512), keysOf('another').of(NEWS, 300)];
    expect(new Set([key, ...others, keysOf('secret').of(other, 300)]).size).toBe(4);
  });

  it('lets those have a segment who were told of it', () => {
    const keys = keysOf('secret');
    const key = keys.of(NEWS, 300);
    expect(keys.fits(NEWS, 300, key)).toBe(true);
    expect(keys.fits(NEWS, 600, key)).toBe(false);
    expect(keys.fits(NEWS, 300, '')).toBe(false);
    expect(keys.fits(NEWS, 300, `${key}x`)).toBe(false);
  });

  it('lets those have a segment whose playlist is of a moment ago, when everybody could play', () => {
    let isNew = true;
    const keys = new SegmentKeys({
      guards: () => true,
      isNewlyGuarded: () => isNew,
      clock: new ManualClock(),
    });
    keys.become(Buffer.from('secret'));
    expect([keys.fits(NEWS, 300, ''), keys.fits(NEWS, 300, 'x')]).toEqual([true, false]);
    isNew = false;
    expect(keys.fits(NEWS, 300, '')).toBe(false);
  });

  it('asks nobody for one where everybody may play, and takes those from before', () => {
    const keys = keysOf('secret');
    expect(keys.of(PUBLIC, 1)).toBe('');
    expect(keys.fits(PUBLIC, 1, '')).toBe(true);
    const guarded = new SegmentKeys({ guards: () => true, clock: new ManualClock() });
    guarded.become(Buffer.from('secret'));
    expect(keys.fits(PUBLIC, 1, guarded.of(PUBLIC, 1))).toBe(true);
    expect(keys.fits(PUBLIC, 1, keys.of(NEWS, 1))).toBe(false);
  });

  it('believes nobody before it has a secret', () => {
    const keys = new SegmentKeys({ guards: () => true, clock: new ManualClock() });
    expect(keys.fits(NEWS, 1, keys.of(NEWS, 1))).toBe(false);
    const guess = keysOf('').of(NEWS, 1);
    keys.become(Buffer.from('secret'));
    expect(keys.fits(NEWS, 1, guess)).toBe(false);
  });

  it('goes over to another secret when all have heard, and refuses nobody who was told before', () => {
    const clock = new ManualClock();
    const keys = keysOf('old', clock);
    const [old, later] = [keysOf('old').of(NEWS, 1), keysOf('new').of(NEWS, 1)];
    keys.become(Buffer.from('new'));
    const fit = (): boolean[] => [old, later].map((key) => keys.fits(NEWS, 1, key));
    expect([keys.secret.toString(), keys.of(NEWS, 1), ...fit()]).toEqual(['new', old, true, true]);
    clock.advance(10_000);
    expect([keys.of(NEWS, 1), ...fit()]).toEqual([later, true, true]);
    clock.advance(290_000);
    expect(fit()).toEqual([false, true]);
  });
});

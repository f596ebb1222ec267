import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { WorkQueue } from './work-queue.ts';

interface Work {
  readonly key: string;
  readonly atMs: number;
  end(error?: Error): void;
}

describe('WorkQueue', () => {
  let clock: ManualClock;
  let begun: Work[];
  let queue: WorkQueue;
  let isFailing: boolean;
  beforeEach(() => {
    clock = new ManualClock();
    begun = [];
    isFailing = false;
    queue = newQueue();
  });

  function newQueue(): WorkQueue {
    return new WorkQueue({
      parallel: 2,
      clock,
      log: pino({ level: 'silent' }),
      random: () => 1,
      work: (key) =>
        new Promise((resolve, reject) => {
          const end = (error?: Error): void => {
            if (error === undefined) resolve();
            else reject(error);
          };
          begun.push({ key, atMs: clock.nowMs(), end });
          if (isFailing) end(new Error('failing'));
        }),
    });
  }

  function keys(): string[] {
    return begun.map(({ key }) => key);
  }

  it('works on a key once for all that added it, after it is started', async () => {
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    await clock.advance(0);
    expect(keys()).toEqual([]);
    queue.start();
    await clock.advance(0);
    expect(keys()).toEqual(['a', 'b']);
  });

  it('never works on a key twice at once, but again', async () => {
    queue.start();
    queue.add('a');
    await clock.advance(0);
    queue.add('a');
    queue.add('a');
    await clock.advance(0);
    expect(keys()).toEqual(['a']);
    begun[0]?.end();
    await clock.advance(0);
    expect(keys()).toEqual(['a', 'a']);
    begun[1]?.end();
    await clock.advance(1_000);
    expect(keys()).toEqual(['a', 'a']);
  });

  it('works on so many at once', async () => {
    queue.start();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await clock.advance(0);
    expect(keys()).toEqual(['a', 'b']);
    begun[1]?.end();
    await clock.advance(0);
    expect(keys()).toEqual(['a', 'b', 'c']);
  });

  it('adds later, at the earliest of several times', async () => {
    queue.start();
    queue.addAfter('a', 5_000);
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 9_000);
    await clock.advance(999);
    expect(keys()).toEqual([]);
    await clock.advance(1);
    expect(keys()).toEqual(['a']);
    begun[0]?.end();
    await clock.advance(20_000);
    expect(keys()).toEqual(['a']);
  });

  it('tries again what failed, later each time, half a minute at most', async () => {
    isFailing = true;
    queue.start();
    queue.add('a');
    await clock.advance(120_000);
    expect(begun.map(({ atMs }) => atMs / 250)).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 247, 367]);
  });

  it('begins anew after a success', async () => {
    isFailing = true;
    queue.start();
    queue.add('a');
    await clock.advance(10_000);
    isFailing = false;
    await clock.advance(30_000);
    begun.at(-1)?.end();
    await clock.advance(0);
    const before = begun.length;
    isFailing = true;
    queue.add('a');
    await clock.advance(0);
    expect(begun.length).toBe(before + 1);
    await clock.advance(250);
    expect(begun.length).toBe(before + 2);
  });

  it('stops when nothing runs any more, and begins nothing after', async () => {
    queue.start();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    queue.addAfter('d', 100);
    await clock.advance(0);
    let isStopped = false;
    void queue.stop().then(() => {
      isStopped = true;
    });
    begun[0]?.end(new Error('at the end'));
    await clock.advance(10_000);
    expect(isStopped).toBe(false);
    begun[1]?.end();
    await clock.advance(0);
    expect(isStopped).toBe(true);
    queue.add('e');
    await clock.advance(60_000);
    expect(keys()).toEqual(['a', 'b']);
  });
});

import { describe, expect, it } from 'vitest';
import { Feed, type Follower } from './feed.ts';
import { difference } from './difference.ts';

class Listener implements Follower {
  isFull = false;
  readonly told: unknown[] = [];

  tell(event: string, data: string): boolean {
    if (this.isFull) return false;
    this.told.push([event, JSON.parse(data)]);
    return true;
  }
}

const items = (
  entries: Record<string, Record<string, unknown>>,
): Map<string, Record<string, unknown>> => new Map(Object.entries(entries));

describe('difference', () => {
  it('names what is new, the fields that changed, and what is gone', () => {
    const before = items({ a: { x: 1, y: [1] }, b: { x: 1 }, c: { x: 1 } });
    const after = items({ a: { x: 1, y: [1, 2] }, b: { x: 1 }, d: { x: 2 } });
    expect(difference(before, after)).toEqual({
      set: { a: { y: [1, 2] }, d: { x: 2 } },
      gone: ['c'],
    });
  });

  it('is none of equal things, also of equal lists that are not the same', () => {
    expect(difference(items({ a: { y: [1] } }), items({ a: { y: [1] } }))).toBeUndefined();
  });
});

describe('a feed', () => {
  it('tells everything first, then what changes, and nothing where nothing does', () => {
    const feed = new Feed('t');
    const early = new Listener();
    feed.add(early);
    expect(early.told).toEqual([]);
    feed.update(items({ a: { x: 1 } }));
    feed.update(items({ a: { x: 1 } }));
    const late = new Listener();
    feed.add(late);
    feed.update(items({ a: { x: 2 } }));
    const change = ['change', { topic: 't', set: { a: { x: 2 } }, gone: [] }];
    expect(early.told).toEqual([['all', { topic: 't', items: { a: { x: 1 } } }], change]);
    expect(late.told).toEqual(early.told);
  });

  it('writes everything down once, for however many come at the same time', () => {
    let written = 0;
    const counted = { toJSON: () => (written += 1) };
    const feed = new Feed('t');
    feed.update(items({ a: { x: counted } }));
    written = 0;
    for (let page = 0; page < 200; page += 1) feed.add(new Listener());
    expect(written).toBe(1);
    const late = new Listener();
    feed.update(items({ a: { x: 5 } }));
    feed.add(late);
    expect(late.told).toEqual([['all', { topic: 't', items: { a: { x: 5 } } }]]);
  });

  it('tells whoever was too slow everything again, once it takes something', () => {
    const feed = new Feed('t');
    const slow = new Listener();
    feed.add(slow);
    feed.update(items({ a: { x: 1 } }));
    slow.isFull = true;
    feed.update(items({ a: { x: 2 } }));
    feed.update(items({ a: { x: 2 }, b: { x: 1 } }));
    slow.isFull = false;
    feed.update(items({ a: { x: 2 }, b: { x: 1 } }));
    expect(slow.told.slice(1)).toEqual([
      ['all', { topic: 't', items: { a: { x: 2 }, b: { x: 1 } } }],
    ]);
  });
});

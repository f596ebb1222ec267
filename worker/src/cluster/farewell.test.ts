import { describe, expect, it } from 'vitest';
import type { Stream } from '../stream/stream.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import { Farewell } from './farewell.ts';

/** A stream of which only key frames and viewers matter. */
class FakeStream {
  newestStart: number | undefined = 100;
  closed: string[] = [];
  private readonly count: number;

  constructor(count: number) {
    this.count = count;
  }

  viewers(): unknown[] {
    return this.closed.length === 0 ? Array.from({ length: this.count }) : [];
  }

  closeViewers(reason: string): void {
    this.closed.push(reason);
  }
}

function farewellOf(...streams: FakeStream[]): Farewell {
  const list = (): Stream[] => streams as unknown as Stream[];
  return new Farewell({ list } as unknown as StreamRegistry, 0);
}

describe('Farewell', () => {
  it('closes viewers once the next key frame has reached them', () => {
    const stream = new FakeStream(3);
    const farewell = farewellOf(stream);
    expect(farewell.check(0)).toBe(false);
    expect(farewell.check(1_000)).toBe(false);
    stream.newestStart = 150;
    expect(farewell.check(1_200)).toBe(false);
    expect(stream.closed).toEqual([]);
    expect(farewell.check(1_500)).toBe(true);
    expect(stream.closed).toEqual(['draining']);
  });

  it('waits for no stream that nobody watches', () => {
    expect(farewellOf(new FakeStream(0)).check(0)).toBe(true);
  });

  it('does not wait for ever', () => {
    const farewell = farewellOf(new FakeStream(1));
    expect(farewell.check(3_999)).toBe(false);
    expect(farewell.check(4_000)).toBe(true);
  });

  it('takes the first key frame of all for one', () => {
    const stream = new FakeStream(1);
    stream.newestStart = undefined;
    const farewell = farewellOf(stream);
    expect(farewell.check(0)).toBe(false);
    stream.newestStart = 0;
    farewell.check(100);
    farewell.check(400);
    expect(stream.closed).toEqual(['draining']);
  });
});

import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SseFollower } from './sse-follower.ts';

/** Takes nothing until it is let. */
class Stuck extends Writable {
  private isOpen = false;
  private pending: (() => void) | undefined = undefined;

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.isOpen) done();
    else this.pending = done;
  }

  release(): void {
    this.isOpen = true;
    this.pending?.();
  }
}

describe('a page that reads slowly', () => {
  it('is told no more while much waits, and is given up after half a minute', () => {
    let nowMs = 0;
    const response = new Stuck();
    const follower = new SseFollower(response, () => nowMs);
    const big = 'x'.repeat(300_000);
    expect(follower.tell('all', big)).toBe(true);
    expect(follower.tell('change', '1')).toBe(false);
    nowMs = 29_000;
    follower.beat();
    expect(response.destroyed).toBe(false);
    nowMs = 31_000;
    follower.beat();
    expect(response.destroyed).toBe(true);
    expect(follower.tell('change', '1')).toBe(false);
  });

  it('is told again once it took all', async () => {
    const response = new Stuck();
    const follower = new SseFollower(response, () => 0);
    follower.tell('all', 'x'.repeat(300_000));
    expect(follower.tell('change', '{}')).toBe(false);
    const drained = once(response, 'drain');
    response.release();
    await drained;
    expect(follower.tell('change', '{}')).toBe(true);
  });
});

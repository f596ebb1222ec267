import type { Writable } from 'node:stream';
import type { Follower } from './feed.ts';

/** What may wait for a client beyond one message; then it is left out until it took all. */
const MAX_WAITING_BYTES = 256 * 1_024;
const GIVE_UP_MS = 30_000;

/** One page that listens. What waits for it is bounded, however slowly it reads. */
export class SseFollower implements Follower {
  private readonly response: Writable;
  private readonly nowMs: () => number;
  /** Since when something waits; undefined: nothing does. */
  private waitingSinceMs: number | undefined = undefined;

  constructor(response: Writable, nowMs: () => number) {
    this.response = response;
    this.nowMs = nowMs;
    response.on('drain', () => (this.waitingSinceMs = undefined));
    response.write('retry: 1000\n\n');
  }

  tell(event: string, data: string): boolean {
    if (this.response.destroyed || this.response.writableLength > MAX_WAITING_BYTES) return false;
    this.write(`event: ${event}\ndata: ${data}\n\n`);
    return true;
  }

  /** Something from time to time: proxies see that somebody is there, and the page that we are. */
  beat(): void {
    const { waitingSinceMs, response } = this;
    const isGone = waitingSinceMs !== undefined && this.nowMs() - waitingSinceMs > GIVE_UP_MS;
    if (isGone) response.destroy();
    else if (response.writableLength === 0) this.write('event: here\ndata: {}\n\n');
  }

  private write(text: string): void {
    if (!this.response.write(text)) this.waitingSinceMs ??= this.nowMs();
  }
}

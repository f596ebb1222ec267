import type { Clock } from '../../stream/clock.ts';

/**
 * One direction of a connection: what is sent arrives late, in order, and not
 * while the pipe is held (the network, or who reads it, stands still).
 */
export class Pipe {
  private readonly clock: Clock;
  private readonly delayMs: () => number;
  private lastAtMs = 0;
  private life = 0;
  private isHeld = false;
  private held: (() => void)[] = [];

  constructor(clock: Clock, delayMs: () => number) {
    this.clock = clock;
    this.delayMs = delayMs;
  }

  send(arrive: () => void): void {
    const nowMs = this.clock.nowMs();
    this.lastAtMs = Math.max(this.lastAtMs, nowMs + this.delayMs());
    this.later(this.lastAtMs - nowMs, arrive);
  }

  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    for (const arrive of this.held.splice(0)) this.later(0, arrive);
  }

  /** What is under way never arrives. */
  drop(): void {
    this.life += 1;
    this.held = [];
    this.lastAtMs = 0;
  }

  private later(delayMs: number, arrive: () => void): void {
    const { life } = this;
    this.clock.setTimer(delayMs, () => {
      if (life !== this.life) return;
      if (this.isHeld) this.held.push(arrive);
      else arrive();
    });
  }
}

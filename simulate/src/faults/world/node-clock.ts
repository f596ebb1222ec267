import type { Timer, WorldClock } from './world-clock.ts';

/**
 * Time as one process sees it. All that a process is told comes by its timers, so
 * one that hangs does nothing until it goes on, and one that died does nothing more.
 */
export class NodeClock {
  /** How far its wall clock is off. */
  wallOffMs = 0;
  private readonly world: WorldClock;
  private hung = false;
  private dead = false;
  private late: (() => void)[] = [];

  constructor(world: WorldClock) {
    this.world = world;
  }

  get isHung(): boolean {
    return this.hung;
  }

  get isDead(): boolean {
    return this.dead;
  }

  nowMs(): number {
    return this.world.nowMs();
  }

  unixMs(): number {
    return this.world.unixMs() + this.wallOffMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    let wanted: (() => void) | undefined = callback;
    const timer = this.world.setTimer(delayMs, () => this.run(() => wanted?.()));
    return {
      clear: () => {
        wanted = undefined;
        timer.clear();
      },
    };
  }

  hang(): void {
    this.hung = true;
  }

  /** What came due meanwhile comes now, in its order. */
  goOn(): void {
    if (!this.hung) return;
    this.hung = false;
    for (const callback of this.late.splice(0)) this.setTimer(0, callback);
  }

  die(): void {
    this.dead = true;
    this.late = [];
  }

  private run(callback: () => void): void {
    if (this.dead) return;
    if (this.hung) this.late.push(callback);
    else callback();
  }
}

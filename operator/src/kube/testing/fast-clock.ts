import { realClock, type Clock, type Timer } from '../../clock.ts';

/** Real time that goes by faster, for waits of minutes around real connections. */
export class FastClock implements Clock {
  private readonly factor: number;

  constructor(factor: number) {
    this.factor = factor;
  }

  nowMs(): number {
    return realClock.nowMs() * this.factor;
  }

  unixMs(): number {
    return realClock.unixMs();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return realClock.setTimer(delayMs / this.factor, callback);
  }
}

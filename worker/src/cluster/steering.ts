import type { Logger } from 'pino';
import type { Clock, Timer } from '../stream/clock.ts';

export interface AcceptCall {
  readonly accepting: boolean;
  /** When not accepting: for so long at most. */
  readonly forSeconds: number;
}

export interface SteeringOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly onSteered: (isOff: boolean) => void;
}

/** Longer than an operator takes to ask again, short for one that died. */
const MAX_SECONDS = 300;

/** Whether newcomers are to be kept off the ports that this worker shares with
 * others, because those are less busy. It ends by itself. */
export class Steering {
  private readonly options: SteeringOptions;
  private timer: Timer | undefined = undefined;
  private isSteeredOff = false;

  constructor(options: SteeringOptions) {
    this.options = options;
  }

  get isOff(): boolean {
    return this.isSteeredOff;
  }

  accept({ accepting, forSeconds }: AcceptCall): void {
    this.timer?.clear();
    this.set(!accepting);
    if (accepting) return;
    const seconds = Math.min(forSeconds, MAX_SECONDS);
    this.timer = this.options.clock.setTimer(seconds * 1_000, () => this.set(false));
  }

  private set(isOff: boolean): void {
    if (isOff === this.isSteeredOff) return;
    this.isSteeredOff = isOff;
    this.options.log.info({ accepting: !isOff }, 'newcomers steered');
    this.options.onSteered(isOff);
  }
}

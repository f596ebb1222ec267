import type { Clock, Timer } from '../clock.ts';
import { KubeError } from './api-error.ts';
import { TokenBucket } from './token-bucket.ts';

export interface RequestGateOptions {
  readonly perSecond: number;
  readonly burst: number;
  readonly maxConcurrent: number;
  readonly clock: Clock;
}

interface Waiter {
  readonly enter: () => void;
}

const MAX_WAITING = 1_000;

/** Keeps the operator from flooding the API server: rate and concurrency, first come first served. */
export class RequestGate {
  private readonly options: RequestGateOptions;
  private readonly bucket: TokenBucket;
  private readonly waiters = new Set<Waiter>();
  private running = 0;
  private timer: Timer | undefined = undefined;

  constructor(options: RequestGateOptions) {
    this.options = options;
    this.bucket = new TokenBucket(options);
  }

  /** Resolves when the request may start; each one ends with leave(). */
  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.waiters.size >= MAX_WAITING) {
      throw KubeError.local('Overloaded', `${MAX_WAITING} requests wait already`);
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.waiters.delete(waiter);
        reject(signal.reason as Error);
      };
      const waiter = {
        enter: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiters.add(waiter);
      this.admit();
    });
  }

  leave(): void {
    this.running -= 1;
    this.admit();
  }

  close(): void {
    this.timer?.clear();
  }

  private admit(): void {
    for (const waiter of this.waiters) {
      if (this.running >= this.options.maxConcurrent) return;
      if (!this.bucket.tryTake()) {
        this.admitLater();
        return;
      }
      this.waiters.delete(waiter);
      this.running += 1;
      waiter.enter();
    }
  }

  private admitLater(): void {
    this.timer?.clear();
    this.timer = this.options.clock.setTimer(this.bucket.waitMs(), () => this.admit());
  }
}

import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import { BackOff } from './back-off.ts';

export interface WorkQueueOptions {
  /** What is done for a key; whoever throws is asked again later. */
  readonly work: (key: string) => Promise<void>;
  /** Keys that are worked on at the same time. */
  readonly parallel: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told after each time. */
  readonly onWorked?: (key: string, durationMs: number, isOk: boolean) => void;
  readonly random?: () => number;
}

interface Delayed {
  readonly dueMs: number;
  readonly timer: Timer;
}

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 30_000;

/**
 * Keys that want to be looked at. A key waits once however often it is added,
 * and is worked on by one at a time; added meanwhile, it is worked on again.
 */
export class WorkQueue {
  private readonly options: WorkQueueOptions;
  private readonly waiting = new Set<string>();
  private readonly running = new Set<string>();
  /** Added while they were worked on. */
  private readonly again = new Set<string>();
  private readonly delayed = new Map<string, Delayed>();
  private readonly backOffs = new Map<string, BackOff>();
  private isStarted = false;
  private isStopped = false;
  private onIdle: (() => void) | undefined = undefined;

  constructor(options: WorkQueueOptions) {
    this.options = options;
  }

  /** Keys that were added before wait for it. */
  start(): void {
    this.isStarted = true;
    this.pumpSoon();
  }

  /** What waits is dropped. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.waiting.clear();
    this.again.clear();
    for (const { timer } of this.delayed.values()) timer.clear();
    this.delayed.clear();
    if (this.running.size === 0) return;
    await new Promise<void>((resolve) => {
      const before = this.onIdle;
      this.onIdle = () => {
        before?.();
        resolve();
      };
    });
  }

  add(key: string): void {
    if (this.isStopped) return;
    if (this.running.has(key)) this.again.add(key);
    else this.waiting.add(key);
    this.pumpSoon();
  }

  /** Of several delays the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.isStopped) return;
    const dueMs = this.options.clock.nowMs() + delayMs;
    const before = this.delayed.get(key);
    if (before !== undefined && before.dueMs <= dueMs) return;
    before?.timer.clear();
    const timer = this.options.clock.setTimer(delayMs, () => {
      this.delayed.delete(key);
      this.add(key);
    });
    this.delayed.set(key, { dueMs, timer });
  }

  /** Later each time, until it is forgotten. */
  addRateLimited(key: string): void {
    const { random } = this.options;
    let backOff = this.backOffs.get(key);
    if (backOff === undefined) {
      const limits = { firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS };
      backOff = new BackOff({ ...limits, ...(random && { random }) });
      this.backOffs.set(key, backOff);
    }
    this.addAfter(key, backOff.nextMs());
  }

  /** It did well: the next failure is the first. Done by itself after work that did not throw. */
  forget(key: string): void {
    this.backOffs.delete(key);
  }

  /** Everything that is added in the same moment is one. */
  private pumpSoon(): void {
    if (this.isStarted) queueMicrotask(() => this.pump());
  }

  private pump(): void {
    if (this.isStopped) return;
    for (const key of this.waiting) {
      if (this.running.size >= this.options.parallel) return;
      this.waiting.delete(key);
      void this.run(key);
    }
  }

  private async run(key: string): Promise<void> {
    const { clock, log, onWorked } = this.options;
    const startMs = clock.nowMs();
    this.running.add(key);
    const isOk = await this.options.work(key).then(
      () => true,
      (error: unknown) => {
        log.error({ key, err: error }, 'work failed');
        return false;
      },
    );
    this.running.delete(key);
    if (isOk) this.forget(key);
    else this.addRateLimited(key);
    onWorked?.(key, clock.nowMs() - startMs, isOk);
    this.finished(key);
  }

  private finished(key: string): void {
    if (this.again.delete(key)) this.waiting.add(key);
    this.pump();
    if (this.running.size === 0) this.onIdle?.();
  }
}

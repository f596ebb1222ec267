import type { Logger } from 'pino';
import type { Clock, Timer } from '../stream/clock.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import {
  expectedBusy,
  INITIAL_ADMISSION,
  isOpenAfter,
  observe,
  PUBLISHER_SHARE,
  viewerUnits,
  type AdmissionState,
  type WorkLook,
} from './admission-policy.ts';

/** Counters of the loop, since it began. */
export type WorkTotals = Omit<WorkLook, 'elapsedMs'>;

export interface AdmissionOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly streams: Pick<StreamRegistry, 'list'>;
  readonly work: () => WorkTotals;
}

const LOOK_MS = 250;

/** Keeps a worker from taking more than it can serve: those inside keep what they have. */
export class Admission {
  private readonly options: AdmissionOptions;
  private state: AdmissionState = INITIAL_ADMISSION;
  /** Of all viewers, those who came since the last look among them. */
  private unitsPerSecond = 0;
  private before: WorkTotals;
  private beforeMs: number;
  private timer: Timer | undefined = undefined;

  constructor(options: AdmissionOptions) {
    this.options = options;
    this.before = options.work();
    this.beforeMs = options.clock.nowMs();
  }

  start(): void {
    this.timer = this.options.clock.setTimer(LOOK_MS, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.timer?.clear();
  }

  get isOpen(): boolean {
    return this.state.isOpen;
  }

  /** For /debug/loop. */
  describe(): object {
    const expected = expectedBusy(this.state, this.unitsPerSecond);
    return { ...this.state, unitsPerSecond: this.unitsPerSecond, expectedBusy: expected };
  }

  /** Counts one more viewer, if there is room for it. */
  admitViewer(bitsPerSecond: number): boolean {
    if (!this.state.isOpen) return false;
    this.unitsPerSecond += viewerUnits(bitsPerSecond);
    this.become({ ...this.state, isOpen: isOpenAfter(this.state, this.unitsPerSecond) });
    return true;
  }

  /** Counts one more publisher, if there is room for it. */
  admitPublisher(): boolean {
    if (!this.state.isOpen) return false;
    const state = { ...this.state, base: this.state.base + PUBLISHER_SHARE };
    this.become({ ...state, isOpen: isOpenAfter(state, this.unitsPerSecond) });
    return true;
  }

  private look(): void {
    const { clock, work, streams } = this.options;
    const now = work();
    const nowMs = clock.nowMs();
    const elapsedMs = nowMs - this.beforeMs;
    if (elapsedMs <= 0) return;
    const look: WorkLook = {
      elapsedMs,
      activeMs: now.activeMs - this.before.activeMs,
      sendMs: now.sendMs - this.before.sendMs,
      tickSendMs: now.tickSendMs - this.before.tickSendMs,
      sendCalls: now.sendCalls - this.before.sendCalls,
      bytesSent: now.bytesSent - this.before.bytesSent,
    };
    this.before = now;
    this.beforeMs = nowMs;
    let unitsPerSecond = 0;
    for (const { cursors, bitsPerSecond } of streams.list()) {
      if (cursors > 0) unitsPerSecond += cursors * viewerUnits(bitsPerSecond);
    }
    this.unitsPerSecond = unitsPerSecond;
    this.become(observe(this.state, look, this.unitsPerSecond));
  }

  private become(state: AdmissionState): void {
    const wasOpen = this.state.isOpen;
    this.state = state;
    if (state.isOpen === wasOpen) return;
    const { log } = this.options;
    if (state.isOpen) log.info(this.describe(), 'takes new viewers and publishers again');
    else log.warn(this.describe(), 'full: refuses new viewers and publishers');
  }
}

import type { Logger } from 'pino';
import type { Clock } from './clock.ts';

/** Slow viewers are logged in sum, at most once in this time. */
const REPORT_PERIOD_MS = 10_000;
/** Late so often in a row without a byte taken: the viewer is gone. */
const MAX_STALLED_SKIPS = 1;

/** What is remembered of a viewer between two skips. */
export interface SlowRecord {
  skips: number;
  skippedMs: number;
  /** Connection.bytesSent at the last skip; -1 before the first. */
  bytesAtSkip: number;
  stalledSkips: number;
  /** When it last took a byte, or had nothing to take. */
  progressAtMs: number;
  bytesSeen: number;
}

export function newSlowRecord(nowMs: number): SlowRecord {
  return {
    skips: 0,
    skippedMs: 0,
    bytesAtSkip: -1,
    stalledSkips: 0,
    progressAtMs: nowMs,
    bytesSeen: -1,
  };
}

/** A stalled viewer is closed after so many times the lag bound. */
const STALL_FACTOR = 2;

/** The one place where viewers' skips are judged and counted. */
export class SlowViewers {
  skipsTotal = 0;
  skippedMsTotal = 0;
  closedTotal = 0;
  droppedFramesTotal = 0;
  private readonly clock: Clock;
  private readonly log: Logger;
  private reportedAtMs = -Infinity;
  private unreported = { skips: 0, closed: 0, droppedFrames: 0 };

  constructor(clock: Clock, log: Logger) {
    this.clock = clock;
    this.log = log;
  }

  /** Whether a viewer that is late once more may go on. It may not when it
   * took nothing since it was moved: it is then twice the bound behind. */
  mayGoOn(record: SlowRecord, bytesSent: number): boolean {
    const isStalled = bytesSent === record.bytesAtSkip;
    record.stalledSkips = isStalled ? record.stalledSkips + 1 : 0;
    record.bytesAtSkip = bytesSent;
    return record.stalledSkips < MAX_STALLED_SKIPS;
  }

  /** Whether a viewer that has something to take took none of it for twice the
   * lag bound. The engine does not call one late whose socket is stuck. */
  isStalled(record: SlowRecord, bytesSent: number, lagMs: number): boolean {
    const nowMs = this.clock.nowMs();
    if (bytesSent !== record.bytesSeen) this.progressed(record, bytesSent);
    return nowMs - record.progressAtMs > STALL_FACTOR * lagMs;
  }

  /** It took all there is, or waits for us. */
  progressed(record: SlowRecord, bytesSent: number): void {
    record.bytesSeen = bytesSent;
    record.progressAtMs = this.clock.nowMs();
  }

  skipped(record: SlowRecord, byMs: number): void {
    record.skips += 1;
    record.skippedMs += byMs;
    this.skipsTotal += 1;
    this.skippedMsTotal += byMs;
    this.unreported.skips += 1;
    this.report();
  }

  closed(): void {
    this.closedTotal += 1;
    this.unreported.closed += 1;
    this.report();
  }

  /** A frame found no room in the arena. */
  droppedFrame(): void {
    this.droppedFramesTotal += 1;
    this.unreported.droppedFrames += 1;
    this.report();
  }

  private report(): void {
    const nowMs = this.clock.nowMs();
    if (nowMs - this.reportedAtMs < REPORT_PERIOD_MS) return;
    this.reportedAtMs = nowMs;
    this.log.warn(this.unreported, 'viewers too slow or no room for frames');
    this.unreported = { skips: 0, closed: 0, droppedFrames: 0 };
  }
}

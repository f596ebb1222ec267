import { FrameKind, type Frame } from '../media/frame.ts';
import type { Clock } from './clock.ts';
import {
  HealthConditions,
  type HealthReport,
  type PublisherCondition,
} from './health-conditions.ts';
import { Health } from './health.ts';
import type { Ingest } from './ingest.ts';
import type { PublisherTotals } from './publisher-totals.ts';
import type { Segmenter } from './segmenter.ts';
import { Timeline } from './timeline.ts';

export type PublishCloseReason = 'unpublished' | 'lost' | 'replaced';

/** A publisher on this worker. */
export interface PublishSource {
  /** frame.dtsMs as received, 32 bits. Nothing happens once it is closed. */
  append(frame: Frame): void;
  /** Clock.nowMs() of the last append, or of the start. */
  readonly lastAppendAtMs: number;
  close(reason: PublishCloseReason): void;
}

export interface LocalSourceOptions {
  readonly ingest: Ingest;
  readonly segmenter: Segmenter;
  readonly clock: Clock;
  /** Of all publishers of the worker. */
  readonly totals: PublisherTotals;
  /** It sends worse than it did, or well again. */
  readonly onCondition: (condition: PublisherCondition) => void;
  readonly onClose: (reason: PublishCloseReason) => void;
}

/** Video that never has a key frame is passed on after all. */
const KEY_WAIT_MS = 10_000;

/** Gives a publisher's frames their numbers, the stream's time and marks. */
export class LocalSource implements PublishSource {
  lastAppendAtMs: number;
  private readonly health: Health;
  private readonly conditions: HealthConditions;
  private readonly ingest: Ingest;
  private readonly segmenter: Segmenter;
  private readonly clock: Clock;
  private readonly onClose: (reason: PublishCloseReason) => void;
  private readonly timeline: Timeline;
  private readonly startDtsMs: number;
  private isClosed = false;
  private awaitsKey = true;
  private hasTime = false;

  constructor(options: LocalSourceOptions) {
    this.ingest = options.ingest;
    this.segmenter = options.segmenter;
    this.clock = options.clock;
    this.onClose = options.onClose;
    this.timeline = new Timeline(options.ingest.lastDtsMs);
    this.startDtsMs = Math.max(0, options.ingest.lastDtsMs);
    this.lastAppendAtMs = options.clock.nowMs();
    const { clock, totals, onCondition: onChange } = options;
    this.health = new Health(this.lastAppendAtMs, totals);
    this.conditions = new HealthConditions({ health: this.health, clock, onChange });
  }

  /** How it sends. */
  report(nowMs: number): HealthReport {
    return this.conditions.report(nowMs);
  }

  get hasWarnings(): boolean {
    return this.conditions.hasWarnings;
  }

  tick(nowMs: number): void {
    this.conditions.tick(nowMs);
  }

  append(frame: Frame): void {
    // The end of a sequence is not the end of the stream: it may go on.
    if (this.isClosed || frame.isEnd) return;
    this.lastAppendAtMs = this.clock.nowMs();
    this.health.note(frame, this.lastAppendAtMs);
    const { ingest, segmenter } = this;
    const dtsMs = this.timeOf(frame);
    if (!this.passes(frame, dtsMs)) return;
    const sequence = ingest.nextSequence;
    if (ingest.note(frame, sequence)) segmenter.configurationChanged();
    ingest.put(frame, dtsMs, segmenter.onFrame(frame, sequence, dtsMs));
  }

  close(reason: PublishCloseReason): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onClose(reason);
  }

  private timeOf(frame: Frame): number {
    if (frame.kind === FrameKind.data || frame.isConfig) return this.timeline.hold();
    const dtsMs = this.timeline.map(frame.kind, frame.dtsMs);
    if (!this.hasTime) {
      this.hasTime = true;
      this.segmenter.wallClockBaseMs = this.clock.unixMs() - dtsMs;
    }
    return dtsMs;
  }

  /** Pictures in front of a session's first key frame refer to what nobody has. */
  private passes(frame: Frame, dtsMs: number): boolean {
    if (!this.awaitsKey || frame.kind !== FrameKind.video || frame.isConfig) return true;
    this.awaitsKey = !frame.isKey && dtsMs - this.startDtsMs < KEY_WAIT_MS;
    return !this.awaitsKey || frame.codec === 'unknown';
  }
}

import type { EngineLog } from '../engine/engine.ts';
import type { Frame } from '../media/frame.ts';
import { LagTracker } from './lag-tracker.ts';
import type { Packager } from './packagers/packager.ts';
import { StartIndex } from './start-index.ts';

/** The logs a stream can have. `flv` is the store, the others are made of it. */
export type LogKind = 'flv' | 'ws-flv' | 'rtmp' | 'relay' | 'ts';

/** A frame together with what ingest found out about it; reused. */
export interface StoredFrame {
  frame: Frame;
  sequence: number;
  dtsMs: number;
  /** Viewers can start here. */
  isStart: boolean;
  /** They start here only because no key frame came for too many bytes. */
  isForced: boolean;
  /** No later frame is older. */
  floorDtsMs: number;
}

/** How far behind the head a cursor may be. */
export interface LagBound {
  lagMs: number;
  lagBytes: number;
}

/** One engine log with its packager and the index of its start points. */
export class PackagedLog<P extends Packager = Packager> {
  readonly kind: LogKind;
  readonly log: EngineLog;
  readonly packager: P;
  readonly starts = new StartIndex();
  /** Frames that found no room in the arena. */
  droppedFrames = 0;
  /** Nobody starts in front of it. */
  private firstPosition = 0;
  private readonly lag = new LagTracker();
  private dropping = false;

  constructor(kind: LogKind, log: EngineLog, packager: P) {
    this.kind = kind;
    this.log = log;
    this.packager = packager;
  }

  /** False when the frame did not go in: the arena is full, or was, and no
   * start point came since. */
  append(stored: StoredFrame): boolean {
    const { frame, dtsMs } = stored;
    if (this.dropping && !stored.isStart) return this.drop();
    const size = this.packager.size(frame, dtsMs);
    if (size === 0) return true;
    const { log } = this;
    if (!log.reserve(size) && !this.reserveAfterTrim(size)) return this.drop();
    this.dropping = false;
    const bytes = this.packager.write(log, frame, dtsMs, stored.sequence);
    const position = log.commit(bytes);
    if (stored.isStart) {
      this.starts.push(position, stored.sequence, dtsMs, stored.floorDtsMs);
    }
    return true;
  }

  /** What is there is for those only who are reading it. */
  beginAnew(): void {
    this.firstPosition = this.log.head;
    this.starts.trim(this.firstPosition);
  }

  /** The oldest that may be read from the start. */
  get oldestPosition(): number {
    return Math.max(this.log.tail, this.firstPosition);
  }

  /** A record that is no frame. */
  appendRecord(record: Uint8Array): boolean {
    const { log } = this;
    if (!log.reserve(record.length)) return false;
    log.buffer.set(record, log.offset);
    log.commit(record.length);
    return true;
  }

  /** Viewers behind the bound are late; never one that just started. */
  boundLag(dtsMs: number, bound: LagBound): void {
    if (!this.lag.isDue(dtsMs, bound.lagMs)) return;
    const { head } = this.log;
    const byTime = this.lag.sample(head, dtsMs, bound.lagMs);
    const limit = Math.max(byTime, head - bound.lagBytes);
    const newestStart = this.starts.newestPosition;
    if (newestStart >= 0) this.log.setLagPosition(Math.max(0, Math.min(limit, newestStart)));
  }

  /** Gives up what is older than lagMs, but neither the newest start point nor
   * what lies behind keepPosition. */
  trimToLag(dtsMs: number, lagMs: number, keepPosition = Infinity): void {
    const start = this.starts.atOrBeforeDts(dtsMs - lagMs) ?? this.starts.oldestOfFull();
    if (start !== undefined) this.trim(Math.min(start.position, keepPosition));
  }

  trim(position: number): void {
    if (position <= this.log.tail) return;
    this.log.trim(position);
    this.starts.trim(position);
  }

  private reserveAfterTrim(size: number): boolean {
    const newest = this.starts.newestPosition;
    if (newest < 0) return false;
    this.trim(newest);
    return this.log.reserve(size);
  }

  private drop(): boolean {
    this.dropping = true;
    this.droppedFrames += 1;
    return false;
  }
}

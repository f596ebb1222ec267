import type { Connection } from '../../engine/engine.ts';

export interface HttpLimits {
  /** For a whole request head, from its first byte (the first from accept). */
  readonly headMs: number;
  /** Between two requests. */
  readonly idleMs: number;
  /** Without a byte moving while a body or an answer is under way. */
  readonly stallMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = { headMs: 10_000, idleMs: 60_000, stallMs: 30_000 };

/** The one time limit that a session has at a time; looked at by a sweep. */
export class Deadline {
  private readonly limits: HttpLimits;
  private dueMs = Infinity;
  /** What any byte that moves gives; 0 when progress does not matter. */
  private renewedMs = 0;
  /** Bytes moved when last looked at. */
  private moved = 0;

  constructor(limits: HttpLimits) {
    this.limits = limits;
  }

  forHead(nowMs: number): void {
    this.set(nowMs + this.limits.headMs, 0);
  }

  /** Requests that the engine answers by itself are seen by their bytes only. */
  forIdle(nowMs: number): void {
    this.set(nowMs + this.limits.idleMs, this.limits.idleMs);
  }

  forProgress(nowMs: number): void {
    this.set(nowMs + this.limits.stallMs, this.limits.stallMs);
  }

  none(): void {
    this.set(Infinity, 0);
  }

  isOver(connection: Connection, nowMs: number): boolean {
    if (this.renewedMs > 0) this.renew(connection.bytesSent + connection.bytesReceived, nowMs);
    return nowMs > this.dueMs;
  }

  private renew(moved: number, nowMs: number): void {
    if (moved === this.moved) return;
    this.moved = moved;
    this.dueMs = nowMs + this.renewedMs;
  }

  private set(dueMs: number, renewedMs: number): void {
    this.dueMs = dueMs;
    this.renewedMs = renewedMs;
  }
}

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
  /** Bytes moved when last looked at; -1 when progress does not matter. */
  private moved = -1;

  constructor(limits: HttpLimits) {
    this.limits = limits;
  }

  forHead(nowMs: number): void {
    this.set(nowMs + this.limits.headMs, -1);
  }

  forIdle(nowMs: number): void {
    this.set(nowMs + this.limits.idleMs, -1);
  }

  forProgress(nowMs: number): void {
    this.set(nowMs + this.limits.stallMs, 0);
  }

  none(): void {
    this.set(Infinity, -1);
  }

  isOver(connection: Connection, nowMs: number): boolean {
    const moved = connection.bytesSent + connection.bytesReceived;
    if (this.moved >= 0 && moved !== this.moved) this.set(nowMs + this.limits.stallMs, moved);
    return nowMs > this.dueMs;
  }

  private set(dueMs: number, moved: number): void {
    this.dueMs = dueMs;
    this.moved = moved;
  }
}

import type { Stream } from '../stream/stream.ts';
import type { StreamRegistry } from '../stream/registry.ts';

/** Streams without key frames, or with GOPs longer than this, are not waited for. */
const PATIENCE_MS = 4_000;
/** So long after a key frame came, every viewer that keeps up has it. */
const SENT_MS = 300;

interface Waiting {
  /** Sequence of the newest key frame when the farewell began. */
  readonly startSequence: number;
  /** When a newer one was noticed. */
  newerAtMs: number | undefined;
}

/**
 * Closes viewers just after a key frame. Whoever connects again elsewhere within
 * a GOP starts at that very key frame, so all its connections together miss
 * nothing; closed at any other moment, one in ten would.
 */
export class Farewell {
  private readonly streams: StreamRegistry;
  private readonly beganMs: number;
  private readonly waiting = new Map<Stream, Waiting>();

  constructor(streams: StreamRegistry, nowMs: number) {
    this.streams = streams;
    this.beganMs = nowMs;
  }

  /** True once nobody is left to wait for. */
  check(nowMs: number): boolean {
    if (nowMs - this.beganMs >= PATIENCE_MS) return true;
    let areGone = true;
    for (const stream of this.streams.list()) {
      if (stream.viewers().length === 0) continue;
      if (this.hasNewStart(stream, nowMs)) stream.closeViewers('draining');
      else areGone = false;
    }
    return areGone;
  }

  private hasNewStart(stream: Stream, nowMs: number): boolean {
    const startSequence = stream.newestStart ?? -1;
    let waiting = this.waiting.get(stream);
    if (waiting === undefined) {
      waiting = { startSequence, newerAtMs: undefined };
      this.waiting.set(stream, waiting);
    }
    if (startSequence > waiting.startSequence) waiting.newerAtMs ??= nowMs;
    return waiting.newerAtMs !== undefined && nowMs - waiting.newerAtMs >= SENT_MS;
  }
}

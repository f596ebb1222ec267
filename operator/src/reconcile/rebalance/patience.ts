import type { Change, ChangeOutcome } from './change.ts';

/** A stream whose change failed for such a reason would most likely fail again at once,
 * and take the budget of others each time. The other reasons pass by themselves. */
const LASTING: ReadonlySet<ChangeOutcome> = new Set([
  'TargetNotReady',
  'DirectoryUnavailable',
  'Invalid',
  'Unreachable',
]);
const LEFT_ALONE_MS = 30_000;

/** Streams that are left alone for a while, because they could not be changed. */
export class Patience {
  private readonly untilMs = new Map<string, number>();

  note({ stream, outcome }: Change, nowMs: number): void {
    if (LASTING.has(outcome)) this.untilMs.set(stream, nowMs + LEFT_ALONE_MS);
  }

  /** Those of them that may be planned for. */
  *without<Value>(
    streams: Iterable<readonly [string, Value]>,
    nowMs: number,
  ): Generator<readonly [string, Value]> {
    for (const [stream, untilMs] of this.untilMs) {
      if (untilMs <= nowMs) this.untilMs.delete(stream);
    }
    for (const entry of streams) if (!this.untilMs.has(entry[0])) yield entry;
  }
}

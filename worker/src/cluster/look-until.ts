import type { Clock } from '../stream/clock.ts';

/** Looks again and again until it is so; false: not within the time. By the clock, since
 * timers of a busy worker are late, and whoever asked does not wait for that. */
export async function lookUntil(
  clock: Clock,
  { withinMs, everyMs }: { readonly withinMs: number; readonly everyMs: number },
  isSo: () => boolean,
): Promise<boolean> {
  const untilMs = clock.nowMs() + withinMs;
  while (!isSo()) {
    const leftMs = untilMs - clock.nowMs();
    if (leftMs <= 0) return false;
    await new Promise<void>((resolve) => {
      clock.setTimer(Math.min(everyMs, leftMs), resolve);
    });
  }
  return true;
}

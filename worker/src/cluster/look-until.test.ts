import { expect, it } from 'vitest';
import { ManualClock } from '../stream/clock.ts';
import { lookUntil } from './look-until.ts';
import { flush } from './testing/sim.ts';

const TIMES = { withinMs: 3_000, everyMs: 10 };
/** How late the timers of a busy worker are. */
const LATE_MS = 40;

async function lookedFor(clock: ManualClock, isSo: () => boolean): Promise<[boolean, number]> {
  let answer: boolean | undefined;
  void lookUntil(clock, TIMES, isSo).then((found) => (answer = found));
  await flush();
  while (answer === undefined) {
    clock.advance(LATE_MS);
    await flush();
  }
  return [answer, clock.nowMs()];
}

it('gives up in time, however late timers are', async () => {
  const [found, atMs] = await lookedFor(new ManualClock(), () => false);
  expect(found).toBe(false);
  expect(atMs).toBeLessThanOrEqual(TIMES.withinMs + LATE_MS);
});

it('answers when it is so, at once when it is so already', async () => {
  const clock = new ManualClock();
  expect(await lookedFor(clock, () => clock.nowMs() >= 500)).toEqual([true, 520]);
  expect(await lookedFor(clock, () => true)).toEqual([true, 520]);
});

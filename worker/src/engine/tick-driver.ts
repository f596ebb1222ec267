import { performance } from 'node:perf_hooks';
import type { Engine } from './engine.ts';
import { INITIAL_TICKS, nextTicks, type Ticks } from './tick-policy.ts';

const PERIOD_MS = 1000;

/** Sets the engine's ticks once a second by what its loop's time went into; but
 * never those that are `fixed`. */
export function driveTicks(
  engine: Pick<Engine, 'setTicks' | 'stats'>,
  fixed: Partial<Ticks> = {},
): { close(): void } {
  let ticks: Ticks = { ...INITIAL_TICKS, ...fixed };
  let before = engine.stats();
  let beforeMs = performance.now();
  engine.setTicks(ticks.sendTickMs, ticks.readTickMs);
  const timer = setInterval(() => {
    const now = engine.stats();
    const nowMs = performance.now();
    const share = (part: 'activeMs' | 'tickReadMs' | 'tickSendMs'): number =>
      (now[part] - before[part]) / (nowMs - beforeMs);
    const shares = {
      loop: share('activeMs'),
      read: share('tickReadMs'),
      send: share('tickSendMs'),
    };
    ticks = { ...nextTicks(ticks, shares), ...fixed };
    before = now;
    beforeMs = nowMs;
    engine.setTicks(ticks.sendTickMs, ticks.readTickMs);
  }, PERIOD_MS).unref();
  return { close: () => clearInterval(timer) };
}

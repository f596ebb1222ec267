import { performance } from 'node:perf_hooks';
import type { Engine } from './engine.ts';
import { INITIAL_TICKS, nextTicks } from './tick-policy.ts';

const PERIOD_MS = 1000;

/** Sets the engine's ticks once a second by the load of this event loop. */
export function driveTicks(engine: Pick<Engine, 'setTicks'>): { close(): void } {
  let ticks = INITIAL_TICKS;
  let before = performance.eventLoopUtilization();
  engine.setTicks(ticks.sendTickMs, ticks.readTickMs);
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    ticks = nextTicks(ticks, utilization);
    engine.setTicks(ticks.sendTickMs, ticks.readTickMs);
  }, PERIOD_MS).unref();
  return { close: () => clearInterval(timer) };
}

/**
 * How long reads and sends may wait for company. What a send costs is the call,
 * nearly whatever its size, so ticks are short while there is room, and grow as
 * the loop fills: latency is low while it is cheap, capacity comes when needed.
 */
export interface Ticks {
  readonly sendTickMs: number;
  readonly readTickMs: number;
}

const SEND_TICK_MIN_MS = 20;
const SEND_TICK_MAX_MS = 160;
/** With the longest send tick 200 ms, which is what a viewer may wait. */
const READ_TICK_MAX_MS = 40;

/** Below it there is room; at the upper one the loop is nearly full. */
const LOAD_LOW = 0.35;
const LOAD_HIGH = 0.75;
/** Shrinking is slower than growing, or load and tick would swing. */
const SHRINK = 0.85;
/** Read ticks shorter than this save nothing. */
const READ_TICK_STEP_MS = 5;

export const INITIAL_TICKS: Ticks = { sendTickMs: SEND_TICK_MIN_MS, readTickMs: 0 };

/**
 * The next second's ticks, by the loop's busy part (0 to 1) in the last one.
 * Longer ticks lower the load, so from a given tick the same load asks for more:
 * the wanted tick is a step from the present one, up or down, by the distance
 * from the band between the two bounds.
 */
export function nextTicks(ticks: Ticks, load: number): Ticks {
  const middle = (LOAD_LOW + LOAD_HIGH) / 2;
  let wanted = ticks.sendTickMs;
  if (load > LOAD_HIGH) wanted *= 2;
  else if (load > middle) wanted *= 1 + (load - middle);
  else if (load < LOAD_LOW) wanted *= SHRINK;
  const bounded = Math.min(SEND_TICK_MAX_MS, Math.max(SEND_TICK_MIN_MS, wanted));
  const sendTickMs = Math.round(bounded);
  const grown = (sendTickMs - SEND_TICK_MIN_MS) / (SEND_TICK_MAX_MS - SEND_TICK_MIN_MS);
  const steps = Math.floor((grown * READ_TICK_MAX_MS) / READ_TICK_STEP_MS);
  return { sendTickMs, readTickMs: steps * READ_TICK_STEP_MS };
}

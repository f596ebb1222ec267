/**
 * How long reads and sends may wait for company. What a send or a read costs is
 * the call, nearly whatever its size, so ticks are short while calls are few, and
 * each grows with the part of the time that its calls take: latency is low while
 * it is cheap, capacity comes when needed.
 */
export interface Ticks {
  readonly sendTickMs: number;
  readonly readTickMs: number;
}

/** Parts of the last second, 0 to 1. */
export interface LoopShares {
  /** Busy at all. */
  readonly loop: number;
  /** With what waited for its tick. What is done at once (requests, answers,
   * connections that come) would not get less by waiting. */
  readonly read: number;
  readonly send: number;
}

const SEND_TICK_MIN_MS = 20;
export const SEND_TICK_MAX_MS = 160;
/** With the longest send tick 200 ms, which is what a viewer may wait. */
const READ_TICK_MAX_MS = 40;
/** Read ticks shorter than this save nothing. */
const READ_TICK_MIN_MS = 5;

/** A part that takes less is cheap, one that takes more is worth waiting for. */
interface Band {
  readonly low: number;
  readonly high: number;
}

const SEND_BAND: Band = { low: 0.08, high: 0.14 };
const READ_BAND: Band = { low: 0.015, high: 0.03 };
/** The loop is nearly full, whatever fills it. */
const FULL = 0.75;
/** Shrinking is slower than growing, or load and tick would swing. */
const GROW_MAX = 2;
const GROW_FULL = 1.5;
const SHRINK = 0.85;

export const INITIAL_TICKS: Ticks = { sendTickMs: SEND_TICK_MIN_MS, readTickMs: 0 };

/** The next second's ticks, by what the last one was spent on. */
export function nextTicks({ sendTickMs, readTickMs }: Ticks, shares: LoopShares): Ticks {
  const isFull = shares.loop > FULL;
  const send = sendTickMs * factor(shares.send, SEND_BAND, isFull);
  const read = Math.max(READ_TICK_MIN_MS, readTickMs) * factor(shares.read, READ_BAND, isFull);
  const isReadCheap = readTickMs === 0 && !isFull && shares.read <= READ_BAND.high;
  return {
    sendTickMs: Math.round(Math.min(SEND_TICK_MAX_MS, Math.max(SEND_TICK_MIN_MS, send))),
    readTickMs:
      isReadCheap || read < READ_TICK_MIN_MS ? 0 : Math.min(READ_TICK_MAX_MS, Math.round(read)),
  };
}

/** Twice the tick halves the calls, so this aims at the band's upper end. */
function factor(share: number, { low, high }: Band, isFull: boolean): number {
  const grown = Math.min(GROW_MAX, share / high);
  if (isFull) return Math.max(GROW_FULL, grown);
  if (share > high) return grown;
  return share < low ? SHRINK : 1;
}

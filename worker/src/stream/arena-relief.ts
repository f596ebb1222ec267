import type { Engine } from '../engine/engine.ts';

/** A stream as far as its kept media go. */
export interface Relievable {
  /** Media time between the oldest and the newest point where a viewer could start. */
  readonly keptMs: number;
  /** Gives up the oldest GOPs, so that at most this is kept. The newest stays. */
  keepAtMost(keptMs: number): void;
}

/** Below the share at which new streams are refused (worker-process.ts). */
const RELIEVE_SHARE = 0.85;
const RELIEVED_SHARE = 0.8;
/** No GOP is much shorter. */
const STEP_MS = 1_000;

/**
 * When the arena is nearly full the oldest GOPs go, whoever's they are: HLS
 * windows and late viewers' room get shorter before anybody is refused. Each
 * stream keeps its newest GOP. Returns whether there was something to do.
 */
export function relieveArena(
  engine: Pick<Engine, 'arenaCapBytes' | 'arenaUsedBytes'>,
  streams: readonly Relievable[],
): boolean {
  const { arenaCapBytes } = engine;
  if (engine.arenaUsedBytes < arenaCapBytes * RELIEVE_SHARE) return false;
  const longestMs = streams.reduce((longest, { keptMs }) => Math.max(longest, keptMs), 0);
  for (let keptMs = longestMs - STEP_MS; keptMs > -STEP_MS; keptMs -= STEP_MS) {
    for (const stream of streams) {
      if (stream.keptMs <= keptMs) continue;
      stream.keepAtMost(Math.max(0, keptMs));
      if (engine.arenaUsedBytes < arenaCapBytes * RELIEVED_SHARE) return true;
    }
  }
  return true;
}

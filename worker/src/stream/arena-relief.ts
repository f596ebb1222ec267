import type { Engine } from '../engine/engine.ts';

/** A stream as far as its kept media go. */
export interface Relievable {
  /** Media time between the oldest and the newest point where a viewer could start. */
  readonly keptMs: number;
  /** Gives up the oldest GOPs, so that at most this is kept. The newest stays. */
  keepAtMost(keptMs: number): void;
}

const RELIEVE_SHARE = 0.85;
const RELIEVED_SHARE = 0.8;
/** No GOP is much shorter. */
const STEP_MS = 1_000;

/** full: what may be given up is gone, and it was not enough. */
export type ArenaState = 'roomy' | 'relieved' | 'full';

/**
 * When the arena is nearly full the oldest GOPs go, whoever's they are: HLS
 * windows and late viewers' room get shorter, down to `leastMs`. Shorter ones would
 * cost those who watch what they have: rather nobody new is taken, until there is
 * room again.
 */
export function relieveArena(
  engine: Pick<Engine, 'arenaCapBytes' | 'arenaUsedBytes'>,
  streams: readonly Relievable[],
  leastMs: number,
  before: ArenaState = 'roomy',
): ArenaState {
  const { arenaCapBytes } = engine;
  if (engine.arenaUsedBytes < arenaCapBytes * RELIEVE_SHARE) {
    const isStillFull =
      before === 'full' && engine.arenaUsedBytes >= arenaCapBytes * RELIEVED_SHARE;
    return isStillFull ? 'full' : 'roomy';
  }
  let keptMs = streams.reduce((longest, stream) => Math.max(longest, stream.keptMs), 0);
  while (keptMs > leastMs) {
    keptMs = Math.max(leastMs, keptMs - STEP_MS);
    for (const stream of streams) if (stream.keptMs > keptMs) stream.keepAtMost(keptMs);
    if (engine.arenaUsedBytes < arenaCapBytes * RELIEVED_SHARE) return 'relieved';
  }
  return 'full';
}

/**
 * Viewers who started a stream at the same key frame and lost nothing got the same
 * number of bytes. So there are at most as many different totals as key frames at
 * which somebody could start; a viewer who lost something has a total of its own.
 */
export function differentTotals(totals: readonly number[]): number {
  return new Set(totals).size;
}

/** How many key frames viewers can have started at who joined within a time. */
export function possibleStarts(joinMs: number, gopMs: number): number {
  return Math.ceil(joinMs / gopMs) + 1;
}

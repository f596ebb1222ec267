/** What draining a worker would cost. */
export interface DrainCandidate {
  readonly id: string;
  /** Never became ready, or is not heard of. */
  readonly isReady: boolean;
  readonly publishers: number;
  /** Long-lived viewers, who reconnect once each. */
  readonly viewers: number;
  /** Homes that would move. */
  readonly homes: number;
}

/**
 * Those whom draining disturbs fewest: first who serves nobody anyway, then by
 * publishers (who must reconnect), viewers, homes; of equal ones the last by
 * name, so that names stay low.
 */
export function chooseDrains(candidates: readonly DrainCandidate[], count: number): string[] {
  return [...candidates]
    .sort(byCost)
    .slice(0, Math.max(0, count))
    .map(({ id }) => id);
}

function byCost(a: DrainCandidate, b: DrainCandidate): number {
  return (
    Number(a.isReady) - Number(b.isReady) ||
    a.publishers - b.publishers ||
    a.viewers - b.viewers ||
    a.homes - b.homes ||
    b.id.localeCompare(a.id, 'en', { numeric: true })
  );
}

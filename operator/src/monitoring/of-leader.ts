const CLUSTER = ['namespace', 'cluster'] as const;

/**
 * Figures of StreamClusters as the operator that leads has them. Those who stand
 * by show them, too: without this each would be counted as often as there are
 * operators, and no series of theirs would match just one.
 */
export function ofLeader(series: string, by: readonly string[] = CLUSTER): string {
  return `max by (${by.join(', ')}) (${isLeading(series)})`;
}

/** What is left of series of operators: those of the one that leads. */
export function isLeading(series: string): string {
  return `${series} and on (instance) streamcluster_leading == 1`;
}

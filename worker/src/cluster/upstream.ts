import type { DirectoryEntry } from '@streamcluster/proto';

export interface UpstreamQuestion {
  readonly self: string;
  readonly entry: Pick<DirectoryEntry, 'home' | 'ingest'>;
  /** False for workers that are dead or just refused a connection. */
  readonly isReachable: (worker: string) => boolean;
}

/**
 * Whom a worker that follows a stream takes it from; undefined: from nobody,
 * the publisher is here. The home takes it from the ingest worker, all others
 * from the home, or from the ingest worker while the home does not answer. No
 * way is longer than two relays and none leads back.
 */
export function upstreamOf({ self, entry, isReachable }: UpstreamQuestion): string | undefined {
  const { home, ingest } = entry;
  if (ingest === self) return undefined;
  if (home === self || home === ingest) return ingest;
  return isReachable(home) ? home : ingest;
}

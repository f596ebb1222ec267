import type { DirectoryEntry } from '@streamcluster/proto';

/** After a wiped bucket two epochs can be equal: the worker's id decides. */
export function isNewer(entry: DirectoryEntry, than: DirectoryEntry): boolean {
  if (entry.epoch !== than.epoch) return entry.epoch > than.epoch;
  return entry.ingest > than.ingest;
}

type ClaimTime = Pick<DirectoryEntry, 'publishedUnixMs' | 'ingest'>;

/** Which of two claims made without knowing of one another stays. */
export function isEarlier(claim: ClaimTime, than: ClaimTime): boolean {
  if (claim.publishedUnixMs !== than.publishedUnixMs) {
    return claim.publishedUnixMs < than.publishedUnixMs;
  }
  return claim.ingest < than.ingest;
}

/**
 * What stands in the directory, the NATS key-value bucket of a StreamCluster:
 * written by workers, read by workers and the operator. JSON, so that a person
 * can read it with the nats tool at night.
 */
export interface DirectoryEntry {
  /** Worker that serves the stream to the others. */
  readonly home: string;
  /** Worker that has the publisher's connection; it owns the timeline. */
  readonly ingest: string;
  /** Further workers that serve it, in the order of the relay tree. */
  readonly replicas: readonly string[];
  /** Grows with every change of home, replicas or ingest. */
  readonly epoch: number;
  /** When the publisher came. Of two claims that did not know of one another
   * the earlier one wins. */
  readonly publishedUnixMs: number;
  /** Drawn by the writer: tells whether a write without answer was applied. */
  readonly nonce: string;
}

/** Bucket keys allow few characters, so they are base64url of `app/name`. */
export function bucketKey(streamKey: string): string {
  return Buffer.from(streamKey).toString('base64url');
}

export function streamKeyOf(bucketKey: string): string {
  return Buffer.from(bucketKey, 'base64url').toString();
}

export function encodeDirectoryEntry(entry: DirectoryEntry): Uint8Array {
  return Buffer.from(JSON.stringify(entry));
}

/** Undefined when it is none: written by something else. */
export function parseDirectoryEntry(bytes: Uint8Array): DirectoryEntry | undefined {
  const value = parseJson(bytes);
  if (typeof value !== 'object' || value === null) return undefined;
  const { home, ingest, replicas, epoch, publishedUnixMs, nonce } = value as Record<
    string,
    unknown
  >;
  const isEntry =
    [home, ingest, nonce].every((text) => typeof text === 'string') &&
    [epoch, publishedUnixMs].every((count) => Number.isSafeInteger(count) && Number(count) >= 0) &&
    Array.isArray(replicas) &&
    replicas.every((replica) => typeof replica === 'string');
  return isEntry ? (value as DirectoryEntry) : undefined;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}

import { isCount, isRecord } from '../formats/relay/segment-mark.ts';

/** What the directory knows of a stream. */
export interface DirectoryEntry {
  /** Worker that serves the stream to the others. */
  readonly home: string;
  /** Worker that has the publisher's connection; it owns the timeline. */
  readonly ingest: string;
  /** Further workers that serve it. */
  readonly replicas: readonly string[];
  /** Grows with every change of home or ingest. */
  readonly epoch: number;
  /** When the publisher came. Of two claims that did not know of one another
   * the earlier one wins. */
  readonly publishedUnixMs: number;
  /** Drawn by the writer: tells whether a write without answer was applied. */
  readonly nonce: string;
}

/** Bucket keys allow few characters. */
export function bucketKey(streamKey: string): string {
  return Buffer.from(streamKey).toString('base64url');
}

export function streamKeyOf(key: string): string {
  return Buffer.from(key, 'base64url').toString();
}

export function encodeEntry(entry: DirectoryEntry): Uint8Array {
  return Buffer.from(JSON.stringify(entry));
}

/** Undefined when it is none: written by something else. */
export function parseEntry(bytes: Uint8Array): DirectoryEntry | undefined {
  const value = parseJson(bytes);
  if (!isRecord(value)) return undefined;
  const { home, ingest, replicas, epoch, publishedUnixMs, nonce } = value;
  const isEntry =
    [home, ingest, nonce].every((text) => typeof text === 'string') &&
    [epoch, publishedUnixMs].every(isCount) &&
    Array.isArray(replicas) &&
    replicas.every((replica) => typeof replica === 'string');
  return isEntry ? (value as unknown as DirectoryEntry) : undefined;
}

/** After a wiped bucket two epochs can be equal: the worker's id decides. */
export function isNewer(entry: DirectoryEntry, than: DirectoryEntry): boolean {
  if (entry.epoch !== than.epoch) return entry.epoch > than.epoch;
  return entry.ingest > than.ingest;
}

/** Which of two claims made without knowing of one another stays. */
export function isEarlier(
  claim: { readonly publishedUnixMs: number; readonly ingest: string },
  than: { readonly publishedUnixMs: number; readonly ingest: string },
): boolean {
  if (claim.publishedUnixMs !== than.publishedUnixMs) {
    return claim.publishedUnixMs < than.publishedUnixMs;
  }
  return claim.ingest < than.ingest;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}

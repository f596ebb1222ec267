import { isBranches, type Branch } from '../formats/relay/hello.ts';
import { isCount, isRecord } from '../formats/relay/segment-mark.ts';

/**
 * What the next ingest worker needs so that a stream goes on where it stopped:
 * the same numbering, the same clock. JSON-safe. TS continuity counters are
 * not in it: a segment behind a discontinuity starts them at 0.
 */
export interface Continuation {
  /** Names one run of the stream, from its first publisher to its end. */
  readonly incarnation: string;
  readonly startedUnixMs: number;
  readonly branches: readonly Branch[];
  readonly nextSequence: number;
  /** Largest dts so far; -1 when there was no frame. */
  readonly lastDtsMs: number;
  readonly nextMarkSequence: number;
  readonly discontinuitySequence: number;
  /** 0 while no segment is complete. */
  readonly targetDurationSeconds: number;
  /** FLV tag bodies of the newest configurations, base64. */
  readonly configurations: readonly { readonly kind: number; readonly body: string }[];
}

const COUNTS = [
  'startedUnixMs',
  'nextSequence',
  'nextMarkSequence',
  'discontinuitySequence',
  'targetDurationSeconds',
] as const;

/** Checks a continuation that came from another worker. */
export function parseContinuation(value: unknown): Continuation | undefined {
  if (!isRecord(value) || typeof value['incarnation'] !== 'string') return undefined;
  if (!COUNTS.every((key) => isCount(value[key]))) return undefined;
  if (value['lastDtsMs'] !== -1 && !isCount(value['lastDtsMs'])) return undefined;
  if (!isBranches(value['branches'])) return undefined;
  const configurations = value['configurations'];
  if (!Array.isArray(configurations) || !configurations.every(isConfiguration)) return undefined;
  return value as unknown as Continuation;
}

function isConfiguration(value: unknown): boolean {
  return isRecord(value) && isCount(value['kind']) && typeof value['body'] === 'string';
}

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

/**
 * When the ingest worker died, other copies may be some frames ahead of ours:
 * numbers and time go on behind what they can have.
 */
export const LOST_FRAMES = 1_000;
const LOST_MS = 500;

/** Where a publisher goes on for whom only a copy is left, which may not be the newest. */
export function behind(copy: Continuation): Continuation {
  const { nextSequence, lastDtsMs } = copy;
  return {
    ...copy,
    nextSequence: nextSequence + LOST_FRAMES,
    lastDtsMs: lastDtsMs < 0 ? lastDtsMs : lastDtsMs + LOST_MS,
  };
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
  const configurations = value['configurations'];
  if (!Array.isArray(configurations) || !configurations.every(isConfiguration)) return undefined;
  return value as unknown as Continuation;
}

function isConfiguration(value: unknown): boolean {
  return isRecord(value) && isCount(value['kind']) && typeof value['body'] === 'string';
}

import { isRelayState, type RelayState } from './record.ts';
import { isCount, isRecord } from './segment-mark.ts';

/** A configuration in force where the relay starts. */
export interface HelloTrack {
  /** FLV tag type. */
  readonly kind: number;
  readonly sequence: number;
  /** FLV tag body, base64. */
  readonly body: string;
}

/**
 * A publisher that went on with a run although nobody handed it over: whoever had it
 * counted as dead, and may have gone on as well. A stream has those that it is made
 * of, oldest first, so that a follower sees whether what it has is a part of it.
 */
export interface Branch {
  readonly name: string;
  /** It is a continuation of whatever ends in front of this. */
  readonly startDtsMs: number;
}

/** What a worker says first to one that follows a stream of its own. */
export interface RelayHello {
  /** `app/name`. */
  readonly stream: string;
  readonly epoch: number;
  /** Names one run of the stream; another one must not be mixed with it. */
  readonly incarnation: string;
  readonly startedUnixMs: number;
  readonly branches: readonly Branch[];
  readonly state: RelayState | 'idle';
  /** Sequence of the newest frame; the follower has caught up behind it. */
  readonly headSequence: number;
  /** Sequence of the first frame that follows. */
  readonly fromSequence: number;
  /** Its time, roughly: what tags' 32-bit timestamps are unwrapped with. */
  readonly nearDtsMs: number;
  readonly tracks: readonly HelloTrack[];
  /** Body of the newest onMetaData, base64. */
  readonly metadata?: string;
}

const COUNTS = ['epoch', 'startedUnixMs', 'fromSequence', 'nearDtsMs'] as const;
const MAX_TRACKS = 8;
/** Of a stream whose publisher moves for ever the oldest are forgotten. */
export const MAX_BRANCHES = 16;

/** Checks a hello that came as JSON. Undefined when it is none. */
export function parseRelayHello(value: unknown): RelayHello | undefined {
  if (!isRecord(value) || !hasNumbers(value)) return undefined;
  const texts = [value['stream'], value['incarnation'], value['metadata'] ?? ''];
  if (!texts.every((text) => typeof text === 'string')) return undefined;
  const isKnownState = value['state'] === 'idle' || isRelayState(value['state']);
  if (!isKnownState || !isTracks(value['tracks'])) return undefined;
  if (!isBranches(value['branches'])) return undefined;
  return value as unknown as RelayHello;
}

export function isBranches(value: unknown): value is readonly Branch[] {
  if (!Array.isArray(value) || value.length > MAX_BRANCHES) return false;
  return value.every(
    (one) => isRecord(one) && typeof one['name'] === 'string' && isCount(one['startDtsMs']),
  );
}

function hasNumbers(value: Record<string, unknown>): boolean {
  if (value['headSequence'] !== -1 && !isCount(value['headSequence'])) return false;
  return COUNTS.every((key) => isCount(value[key]));
}

function isTracks(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MAX_TRACKS && value.every(isTrack);
}

function isTrack(value: unknown): boolean {
  return (
    isRecord(value) &&
    (value['kind'] === 8 || value['kind'] === 9) &&
    isCount(value['sequence']) &&
    typeof value['body'] === 'string'
  );
}

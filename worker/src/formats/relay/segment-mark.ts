/** MPEG-TS continuity counters, as formats/mpegts keeps them. */
interface MarkCounters {
  psi: number;
  video: number;
  audio: number;
}

/**
 * Where an HLS segment starts. Computed once, at ingest; relays carry it, so
 * that every worker cuts the same segments and writes the same bytes.
 */
export interface SegmentMark {
  /** HLS media sequence number. */
  readonly sequence: number;
  /** Sequence of the segment's first frame. */
  readonly frameSequence: number;
  readonly dtsMs: number;
  readonly wallClockUnixMs: number;
  /** The segment does not continue the one before it. */
  readonly discontinuity: boolean;
  /** Discontinuities of the stream so far, this one included. */
  readonly discontinuitySequence: number;
  /** It starts with a key frame, or the stream has no video. */
  readonly independent: boolean;
  /** Fixed when the first segment is complete; 0 before. */
  readonly targetDurationSeconds: number;
  /** TS continuity counters before the segment's first packet. */
  readonly counters: Readonly<MarkCounters>;
}

const NUMBERS = [
  'sequence',
  'frameSequence',
  'dtsMs',
  'wallClockUnixMs',
  'discontinuitySequence',
  'targetDurationSeconds',
] as const;
const COUNTERS = ['psi', 'video', 'audio'] as const;

/** Checks a mark that came as JSON. Undefined when it is none. */
export function parseSegmentMark(value: unknown): SegmentMark | undefined {
  if (!isRecord(value) || !isRecord(value['counters'])) return undefined;
  const counters = value['counters'];
  if (!NUMBERS.every((key) => isCount(value[key]))) return undefined;
  if (!COUNTERS.every((key) => isContinuityCounter(counters[key]))) {
    return undefined;
  }
  if (typeof value['discontinuity'] !== 'boolean') return undefined;
  if (typeof value['independent'] !== 'boolean') return undefined;
  return value as unknown as SegmentMark;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A whole number of at least 0 that a double holds exactly. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isContinuityCounter(value: unknown): boolean {
  return isCount(value) && value < 16;
}

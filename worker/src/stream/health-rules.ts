import type { HealthFacts } from './health.ts';

export const CONDITION_TYPES = [
  'KeyFramesFrequent',
  'FrameRateSufficient',
  'AudioVideoTogether',
  'ArrivesInTime',
  'Sending',
  'TimestampsContinuous',
  'TimestampsRise',
] as const;

/** What should hold of every publisher. */
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** Figures of now, and what happened since they were judged last. */
export interface JudgedFacts extends HealthFacts {
  readonly newGaps: number;
  readonly newStepsBack: number;
}

/**
 * When a condition ceases to hold, and when it holds again. Between `good` and
 * `bad` it stays as it is; where `good` is the higher one, more is better.
 */
export interface HealthRule {
  readonly type: ConditionType;
  /** Why it does not hold. */
  readonly reason: string;
  /** Undefined: not known yet, or it does not apply. */
  readonly read: (facts: JudgedFacts) => number | undefined;
  /** Beyond this viewers are likely to notice. */
  readonly bad: number;
  readonly good: number;
  /** Bad for so long before it is said. */
  readonly afterMs: number;
  /** Good for so long before it is taken back. */
  readonly calmMs: number;
  /** For whoever publishes. */
  readonly message: (facts: JudgedFacts) => string;
}

/** Longer than three windows in which pace is measured, or three usual GOPs. */
const CALM_MS = 15_000;
/** What happened once is said for so long. */
const RECENT_MS = 60_000;

/** The one place of all thresholds; docs/debugging.md has them for people. */
export const HEALTH_RULES: readonly HealthRule[] = [
  {
    ...{ type: 'KeyFramesFrequent', reason: 'KeyFramesRare' },
    ...{ bad: 5_000, good: 4_500, afterMs: 0, calmMs: CALM_MS },
    read: ({ keyIntervalMs }) => known(keyIntervalMs),
    message: ({ keyIntervalMs }) =>
      `key frame every ${seconds(keyIntervalMs)} s: viewers start late`,
  },
  {
    ...{ type: 'FrameRateSufficient', reason: 'FrameRateLow' },
    ...{ bad: 10, good: 12, afterMs: 4_000, calmMs: CALM_MS },
    read: ({ framesPerSecond }) => known(framesPerSecond),
    message: ({ framesPerSecond }) =>
      `${framesPerSecond.toFixed(1)} pictures a second: motion is not smooth`,
  },
  {
    ...{ type: 'AudioVideoTogether', reason: 'AudioVideoApart' },
    ...{ bad: 500, good: 400, afterMs: 3_000, calmMs: CALM_MS },
    read: ({ driftMs, hasAudioAndVideo }) => (hasAudioAndVideo ? Math.abs(driftMs) : undefined),
    message: ({ driftMs }) => {
      const [first, second] = driftMs > 0 ? ['audio', 'video'] : ['video', 'audio'];
      return `${first} is ${seconds(Math.abs(driftMs))} s ahead of ${second}: players wait, or lose sync`;
    },
  },
  {
    // Two windows of five seconds in a row: one alone is caught up with.
    ...{ type: 'ArrivesInTime', reason: 'ArrivesSlowly' },
    ...{ bad: 0.95, good: 0.97, afterMs: 6_000, calmMs: CALM_MS },
    read: ({ pace }) => known(pace),
    message: ({ pace }) => `arrives at ${Math.round(pace * 100)} % of real time: viewers stall`,
  },
  {
    ...{ type: 'Sending', reason: 'Silent' },
    ...{ bad: 2_000, good: 1_000, afterMs: 0, calmMs: 5_000 },
    read: ({ silentMs }) => silentMs,
    message: ({ silentMs }) => `nothing came for ${seconds(silentMs)} s: viewers stall`,
  },
  {
    ...{ type: 'TimestampsContinuous', reason: 'TimestampsJump' },
    ...{ bad: 0, good: 0, afterMs: 0, calmMs: RECENT_MS },
    read: ({ newGaps }) => newGaps,
    message: ({ gaps }) =>
      `timestamps jumped forward, ${gaps} times so far: something was not sent`,
  },
  {
    ...{ type: 'TimestampsRise', reason: 'TimestampsGoBack' },
    ...{ bad: 0, good: 0, afterMs: 0, calmMs: RECENT_MS },
    read: ({ newStepsBack }) => newStepsBack,
    message: ({ stepsBack }) =>
      `timestamps went back, ${stepsBack} times so far: the encoder is at fault`,
  },
];

function known(figure: number): number | undefined {
  return figure === 0 ? undefined : figure;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(ms < 9_950 ? 1 : 0);
}

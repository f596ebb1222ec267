import {
  PublisherCondition_Type as Type,
  type PublisherCondition,
  type PublisherHealth,
} from '@streamcluster/proto';

/** In the form of conditions in Kubernetes. That one is true is good. */
export interface StreamCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** As API and page name them. */
const NAMES: Readonly<Record<number, string>> = {
  [Type.TYPE_KEY_FRAMES_FREQUENT]: 'KeyFramesFrequent',
  [Type.TYPE_FRAME_RATE_SUFFICIENT]: 'FrameRateSufficient',
  [Type.TYPE_AUDIO_VIDEO_TOGETHER]: 'AudioVideoTogether',
  [Type.TYPE_ARRIVES_IN_TIME]: 'ArrivesInTime',
  [Type.TYPE_SENDING]: 'Sending',
  [Type.TYPE_TIMESTAMPS_CONTINUOUS]: 'TimestampsContinuous',
  [Type.TYPE_TIMESTAMPS_RISE]: 'TimestampsRise',
};
const WELL = 'AsExpected';

/** Those of a newer worker that nobody here knows are left out. */
export function streamConditions(health: PublisherHealth | null): StreamCondition[] {
  return known(health).map(({ type, holds, sinceUnixMs, reason, message }) => ({
    type: NAMES[type] ?? '',
    status: holds ? 'True' : 'False',
    reason: holds ? WELL : reason,
    message,
    lastTransitionTime: new Date(Number(sinceUnixMs)).toISOString(),
  }));
}

/** What does not hold, in words like KeyFramesRare. */
export function warningsOf(health: PublisherHealth | null): string[] {
  return known(health)
    .filter(({ holds }) => !holds)
    .map(({ reason }) => reason);
}

function known(health: PublisherHealth | null): readonly PublisherCondition[] {
  return (health?.conditions ?? []).filter(({ type }) => NAMES[type] !== undefined);
}

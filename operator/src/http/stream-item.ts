import type { PublisherHealth } from '@streamcluster/proto';
import { streamConditions, type StreamCondition } from '../fleet/publisher-conditions.ts';
import type { StreamView } from '../fleet/stream-view.ts';

/** A stream as the API shows it. */
export interface StreamItem extends Omit<StreamView, 'health'> {
  /** How its publisher sends, and what of it is as it should be. */
  readonly health: Omit<PublisherHealth, 'conditions'> | null;
  readonly conditions: readonly StreamCondition[];
}

export function streamItem({ health, ...stream }: StreamView): StreamItem {
  return { ...stream, health: figuresOf(health), conditions: streamConditions(health) };
}

function figuresOf(health: PublisherHealth | null): StreamItem['health'] {
  if (health === null) return null;
  const { framesPerSecond, keyIntervalMs, driftMs, pace, silentMs, gaps, stepsBack } = health;
  return { framesPerSecond, keyIntervalMs, driftMs, pace, silentMs, gaps, stepsBack };
}

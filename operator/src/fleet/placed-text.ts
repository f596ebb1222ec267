import type { PlacementReason } from '@streamcluster/placement';

const REASONS: Readonly<Record<PlacementReason, string>> = {
  Drawn: 'drawn at random',
  LessLoadedOfTwo: 'the less loaded of two that were drawn',
  IngestHasHeadroom: 'its publisher is connected there',
  IngestIsFull: 'drawn, because the worker of its publisher is full',
  NobodyHasHeadroom: 'drawn among all, because no worker has room',
};

/** Why a stream has its home, for people. */
export function placedText(placed: {
  readonly worker: string;
  readonly reason: PlacementReason;
}): string {
  return `home at ${placed.worker}: ${REASONS[placed.reason]}`;
}

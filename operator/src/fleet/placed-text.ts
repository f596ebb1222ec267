import type { Placement } from '@streamcluster/placement';

/** Why a stream was to have its home there, for people. */
export function placedText({ worker, reason }: Placement): string {
  switch (reason) {
    case 'Drawn':
      return `${worker} was drawn at random`;
    case 'LessLoadedOfTwo':
      return `${worker} was the less loaded of two that were drawn`;
    case 'IngestHasHeadroom':
      return `its publisher is connected to ${worker}`;
    case 'IngestIsFull':
      return `${worker} was drawn, because the worker of its publisher is full`;
    case 'NobodyHasHeadroom':
      return `${worker} was drawn among all, because no worker has room`;
  }
}

import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Clock } from './clock.ts';
import type { PackageMeter } from './package-meter.ts';
import type { PublisherTotals } from './publisher-totals.ts';
import type { SegmentKey } from './segment-key.ts';
import type { SlowViewers } from './slow-viewers.ts';
import type { StreamsConfig } from './streams-config.ts';
import type { ViewerTimes } from './viewer-times.ts';

/** What a stream is given, and shares with all others of its worker. */
export interface StreamOptions {
  readonly name: StreamName;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: () => StreamsConfig;
  readonly slow: SlowViewers;
  readonly times: ViewerTimes;
  readonly publishers: PublisherTotals;
  readonly packaging: PackageMeter;
  readonly segmentKey: SegmentKey;
}

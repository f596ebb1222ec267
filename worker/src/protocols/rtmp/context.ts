import type { Logger } from 'pino';
import type { RandomBytes } from '../../formats/rtmp/handshake.ts';
import type { Clock } from '../../stream/clock.ts';
import type { Visitors } from '../../sessions/visitors.ts';
import type { RtmpLimits } from './limits.ts';
import type { RtmpStreamAccess } from './stream-access.ts';

/** Counts refusals by their error code. */
export interface RefusalCounters {
  count(reason: string): void;
}

/** What all sessions of a server share. */
export interface RtmpContext {
  readonly streams: RtmpStreamAccess;
  readonly visitors: Visitors;
  readonly log: Logger;
  readonly clock: Clock;
  readonly counters: RefusalCounters;
  readonly limits: RtmpLimits;
  readonly random: RandomBytes;
}

import type { Logger } from 'pino';
import { SegmentKeys } from '../sessions/segment-keys.ts';
import { SessionDesk } from '../sessions/session-desk.ts';
import { Sessions } from '../sessions/visitors.ts';
import { realClock } from '../stream/clock.ts';
import type { Access } from './access.ts';

/** Who is let in, who is here, and what may be asked about them. */
export interface VisitorParts {
  readonly sessions: Sessions;
  readonly segmentKeys: SegmentKeys;
  readonly desk: SessionDesk;
}

export function visitorParts(log: Logger, access: Pick<Access, 'gate' | 'watch'>): VisitorParts {
  const { gate } = access;
  const sessions = new Sessions({ gate, clock: realClock, log });
  sessions.watch(access.watch);
  const segmentKeys = new SegmentKeys({
    guards: (app) => gate.guards(app),
    isNewlyGuarded: (app) => gate.isNewlyGuarded(app),
    clock: realClock,
  });
  return {
    ...{ sessions, segmentKeys },
    desk: new SessionDesk({ sessions, segmentKeys, clock: realClock, log }),
  };
}

import type { SessionCalls } from '../../sessions/session-desk.ts';

/** Where nobody publishes or plays. */
export const noSessions: SessionCalls = {
  list: () => ({ sessions: [], total: 0 }),
  kick: () => ({ isFound: false, banned: undefined }),
  ban: () => 0,
  learn: () => undefined,
};

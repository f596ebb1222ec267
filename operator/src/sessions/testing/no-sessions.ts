import { BanResponse, KickResponse, ListSessionsResponse } from '@streamcluster/proto';
import type { SessionControl } from '../../control/worker-control.ts';

/** Workers where nobody publishes or plays, as far as sessions tell. */
export const noSessions: SessionControl = {
  listSessions: () => Promise.resolve(ListSessionsResponse.fromPartial({})),
  kick: () => Promise.resolve(KickResponse.fromPartial({})),
  ban: () => Promise.resolve(BanResponse.fromPartial({})),
};

import type { BannedVisitor } from '@streamcluster/proto';
import {
  BanResponse,
  KickResponse,
  ListSessionsResponse,
  SessionInfo,
  type BanRequest,
  type KickRequest,
  type ListSessionsRequest,
} from '@streamcluster/proto';
import type { BannedVisitor as Banned } from '../../sessions/bans.ts';
import type { SessionCalls, SessionView } from '../../sessions/session-desk.ts';

/** Calls about sessions, and their answers, as the contract has them. */
export function listed(calls: SessionCalls, query: ListSessionsRequest): ListSessionsResponse {
  const { sessions, total } = calls.list(query);
  return ListSessionsResponse.fromPartial({ sessions: sessions.map(infoOf), total });
}

export function kicked(calls: SessionCalls, call: KickRequest): KickResponse {
  const { isFound, banned } = calls.kick(call);
  return KickResponse.fromPartial({
    found: isFound,
    ...(banned !== undefined && {
      banned: { ...banned, untilUnixMs: BigInt(Math.round(banned.untilUnixMs)) },
    }),
  });
}

export function banned(calls: SessionCalls, { visitor }: BanRequest): BanResponse {
  const ended = visitor === undefined ? 0 : calls.ban(visitorOf(visitor));
  return BanResponse.fromPartial({ ended });
}

export function visitorOf(visitor: BannedVisitor): Banned {
  return { ...visitor, untilUnixMs: Number(visitor.untilUnixMs) };
}

function infoOf(session: SessionView): SessionInfo {
  const { isEncrypted, startedUnixMs, bytes, areBytesEstimated, ...same } = session;
  return SessionInfo.fromPartial({
    ...same,
    encrypted: isEncrypted,
    startedUnixMs: BigInt(Math.round(startedUnixMs)),
    bytes: BigInt(Math.round(bytes)),
    bytesEstimated: areBytesEstimated,
  });
}

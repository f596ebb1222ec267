import type { BanResponse, ListSessionsResponse } from '@streamcluster/proto';
import {
  KickResponse,
  SessionInfo,
  type BannedVisitor,
  type BanRequest,
  type KickRequest,
  type ListSessionsRequest,
} from '@streamcluster/proto';

/** Later than any clock of a test. */
const NOW_MS = 4_000_000_000_000;

/** The sessions of one worker, as it answers for them. */
export class FakeSessions {
  readonly banned: BannedVisitor[] = [];
  private sessions: SessionInfo[] = [];

  add(id: string, stream: string, more: Partial<SessionInfo> = {}): this {
    const base = { action: 'play', protocol: 'hls' };
    this.sessions.push(
      SessionInfo.fromPartial({ ...base, id: idOf(id), stream, address: id, ...more }),
    );
    return this;
  }

  list({ stream, limit, after }: ListSessionsRequest): ListSessionsResponse {
    const all = this.sessions
      .filter((session) => stream === '' || session.stream === stream)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const sessions = all.filter(({ id }) => id > after).slice(0, limit);
    return { sessions, total: all.length };
  }

  kick({ stream, id, banSeconds }: KickRequest): KickResponse {
    const found = this.sessions.find((one) => one.id === id && one.stream === stream);
    this.sessions = this.sessions.filter((one) => one !== found);
    const { address = '', userAgent = '', subject = '' } = found ?? {};
    const untilUnixMs = BigInt(NOW_MS + banSeconds * 1_000);
    const banned = { address, userAgent, subject, untilUnixMs };
    const isBanned = found !== undefined && banSeconds > 0;
    return KickResponse.fromPartial({ found: found !== undefined, ...(isBanned && { banned }) });
  }

  ban({ visitor }: BanRequest): BanResponse {
    if (visitor !== undefined) this.banned.push(visitor);
    return { ended: 0 };
  }
}

/** 16 characters. */
export function idOf(name: string): string {
  return name.padEnd(16, '-');
}

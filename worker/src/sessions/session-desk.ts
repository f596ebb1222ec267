import type { Logger } from 'pino';
import { parseTraceParent } from '../access/trace-parent.ts';
import type { Clock } from '../stream/clock.ts';
import type { BannedVisitor } from './bans.ts';
import type { SegmentKeys } from './segment-keys.ts';
import type { Session } from './session.ts';
import type { Sessions } from './visitors.ts';

/** A session as the operator shows it: no parameters, no headers. */
export interface SessionView {
  readonly id: string;
  readonly stream: string;
  readonly action: string;
  readonly protocol: string;
  readonly address: string;
  readonly userAgent: string;
  readonly subject: string;
  readonly isEncrypted: boolean;
  readonly startedUnixMs: number;
  readonly bytes: number;
  readonly areBytesEstimated: boolean;
  readonly skips: number;
  readonly traceId: string;
}

export interface SessionQuery {
  /** As `app/name`; empty: of all streams. */
  readonly stream: string;
  readonly limit: number;
  /** Those behind this id. */
  readonly after: string;
}

export interface KickCall {
  readonly stream: string;
  readonly id: string;
  /** 0: it may come back at once. */
  readonly banSeconds: number;
}

export interface Kicked {
  readonly isFound: boolean;
  readonly banned: BannedVisitor | undefined;
}

export interface SessionDeskOptions {
  readonly sessions: Sessions;
  readonly segmentKeys: SegmentKeys;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What whoever asks for the operator needs of the desk. */
export type SessionCalls = Pick<SessionDesk, 'list' | 'kick' | 'ban' | 'learn'>;

const MAX_LIMIT = 1_000;

/** What the operator may ask about the sessions that are here, and do to them. */
export class SessionDesk {
  private readonly options: SessionDeskOptions;

  constructor(options: SessionDeskOptions) {
    this.options = options;
  }

  /** Ids in their order, so that pages neither shift nor repeat when others come and go. */
  list({ stream, limit, after }: SessionQuery): { sessions: SessionView[]; total: number } {
    const page = new SmallestIds(Math.min(MAX_LIMIT, limit));
    let total = 0;
    for (const session of this.options.sessions.all()) {
      if (stream !== '' && session.visit.name.key !== stream) continue;
      total += 1;
      if (session.id > after) page.offer(session);
    }
    return { sessions: page.sessions.map(viewOf), total };
  }

  /** Whoever it was is refused before it can come back. */
  kick({ stream, id, banSeconds }: KickCall): Kicked {
    const { sessions, clock, log } = this.options;
    const session = sessions.get(id);
    if (session?.visit.name.key !== stream) return { isFound: false, banned: undefined };
    const { address, userAgent } = session.visit;
    const untilUnixMs = clock.unixMs() + banSeconds * 1_000;
    const { subject } = session.grant;
    const banned = banSeconds === 0 ? undefined : { address, userAgent, subject, untilUnixMs };
    log.info({ session: id, stream, banSeconds }, 'session kicked');
    if (banned !== undefined) this.ban(banned);
    session.control.expel('kicked');
    return { isFound: true, banned };
  }

  /** Ends what he has here; how many those were. */
  ban(visitor: BannedVisitor): number {
    const { sessions, log } = this.options;
    sessions.bans.add(visitor);
    const his = [...sessions.all()].filter((session) => isOf(session, visitor));
    log.info({ ...visitor, ended: his.length }, 'visitor banned');
    for (const { control } of his) control.expel('kicked');
    return his.length;
  }

  /** What comes with Configure. An empty key: as it is. */
  learn({ hlsKey, bans }: { hlsKey: Buffer; bans: readonly BannedVisitor[] }): void {
    const { sessions, segmentKeys } = this.options;
    if (hlsKey.length > 0 && !hlsKey.equals(segmentKeys.secret)) segmentKeys.become(hlsKey);
    const news = bans.filter((ban) => !sessions.bans.has(ban));
    for (const ban of news) sessions.bans.add(ban);
    if (news.length > 0) this.endBanned();
  }

  /** Of bans that were not told by a call, which would have ended what they have here. */
  private endBanned(): void {
    const { sessions, log } = this.options;
    const theirs = [...sessions.all()].filter((session) => sessions.isBanned(session));
    if (theirs.length > 0) log.info({ ended: theirs.length }, 'sessions of banned visitors ended');
    for (const { control } of theirs) control.expel('kicked');
  }
}

function isOf({ visit, grant }: Session, visitor: BannedVisitor): boolean {
  if (visitor.subject !== '' && grant.subject === visitor.subject) return true;
  const { address, userAgent } = visitor;
  return address !== '' && visit.address === address && visit.userAgent === userAgent;
}

function viewOf({ id, visit, grant, startedUnixMs, control }: Session): SessionView {
  const { name, action, protocol, address, userAgent, isEncrypted, traceParent } = visit;
  const { bytes, skips, areBytesEstimated = false } = control;
  return {
    ...{ id, stream: name.key, action, protocol, address, userAgent, isEncrypted },
    ...{ subject: grant.subject, startedUnixMs, bytes, skips, areBytesEstimated },
    traceId: parseTraceParent(traceParent)?.traceId ?? '',
  };
}

/** So many sessions with the smallest ids, in their order: of 10,000 within a millisecond. */
class SmallestIds {
  readonly sessions: Session[] = [];
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  offer(session: Session): void {
    const { sessions, limit } = this;
    const last = sessions.at(-1);
    if (sessions.length >= limit && (last === undefined || session.id > last.id)) return;
    let low = 0;
    let high = sessions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sessions[middle]?.id ?? '') < session.id) low = middle + 1;
      else high = middle;
    }
    sessions.splice(low, 0, session);
    if (sessions.length > limit) sessions.pop();
  }
}

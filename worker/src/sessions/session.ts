import { randomBytes } from 'node:crypto';
import type { Grant } from '../access/gate.ts';
import type { Visit } from '../access/visit.ts';

/** Why a session is ended from here. */
export type ExpelReason = 'kicked' | 'denied' | 'expired' | 'limit';

/** What a protocol lets be seen of a session, and be done to it. */
export interface SessionControl {
  /** Media bytes to a viewer, from a publisher. */
  readonly bytes: number;
  /** The bytes are an estimate. */
  readonly areBytesEstimated?: boolean;
  /** How often the viewer jumped, because it was slow. */
  readonly skips: number;
  /** Says good-bye in the protocol's own way and calls Session.end. */
  expel(reason: ExpelReason): void;
}

const ID_BYTES = 12;
/** 16 characters of base64url. */
export const SESSION_ID = /^[A-Za-z0-9_-]{16}$/;

export function newSessionId(): string {
  return randomBytes(ID_BYTES).toString('base64url');
}

/** One play or publish, from its start to its end. */
export class Session {
  readonly id: string;
  readonly visit: Visit;
  /** As of the last time that he was asked about. */
  grant: Grant;
  readonly startedUnixMs: number;
  /** When he asked, by the clock's nowMs: he was let in by the rules of then. */
  readonly askedAtMs: number;
  readonly control: SessionControl;
  private readonly onEnded: (session: Session, reason: string) => void;
  private isOver = false;

  constructor(
    facts: Pick<Session, 'id' | 'visit' | 'grant' | 'startedUnixMs' | 'askedAtMs' | 'control'>,
    onEnded: (session: Session, reason: string) => void,
  ) {
    this.id = facts.id;
    this.visit = facts.visit;
    this.grant = facts.grant;
    this.startedUnixMs = facts.startedUnixMs;
    this.askedAtMs = facts.askedAtMs;
    this.control = facts.control;
    this.onEnded = onEnded;
  }

  /** Called by the protocol, whoever ended it; once. */
  end(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onEnded(this, reason);
  }
}

import type { Logger } from 'pino';
import type { Grant } from '../access/gate.ts';
import type { SessionEnd } from '../access/session-end.ts';
import type { Visit } from '../access/visit.ts';
import { WorkerError, type WorkerErrorCode } from '../errors.ts';
import type { Clock, Timer } from '../stream/clock.ts';
import { PublisherRates } from './publisher-rates.ts';
import type { ExpelReason, Session } from './session.ts';

/** What rules say of those who are here. */
interface StandingRules {
  recheck(visit: Visit, grant: Grant): Grant | Promise<Grant>;
  /** Throws ACCESS_LIMIT_REACHED. */
  opened(visit: Visit): void;
  ended(end: SessionEnd): void;
  /** 0: no limit. */
  publisherBitsPerSecond(visit: Visit): number;
}

export interface RulesWatchOptions {
  readonly rules: StandingRules;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
}

const SWEEP_MS = 1_000;
/** All are asked about within 2.5 s, so that none of those turns of the loop is long. */
const BATCH_MS = 50;
const BATCHES = 50;
const MIN_BATCH = 20;
/** From being let in to the begin of a session, nearly always. */
const ENTERING_MS = 10_000;

/**
 * Sees to it that those who are here still may be: by the rules of now, as long as their
 * tokens last, and within their limits.
 */
export class RulesWatch {
  private readonly options: RulesWatchOptions;
  private readonly sessions = new Set<Session>();
  private readonly rates: PublisherRates;
  private sweeping: Timer | undefined = undefined;
  private asking: Timer | undefined = undefined;
  private waiting: Session[] = [];
  /** Which question about a session was the last: answers to those before count no more. */
  private readonly asked = new WeakMap<Session, number>();
  private questions = 0;
  private changedAtMs = -Infinity;

  constructor(options: RulesWatchOptions) {
    this.options = options;
    this.rates = new PublisherRates((visit) => options.rules.publisherBitsPerSecond(visit));
    this.scheduleSweep();
  }

  close(): void {
    this.sweeping?.clear();
    this.asking?.clear();
  }

  opened(session: Session): void {
    this.sessions.add(session);
    try {
      this.options.rules.opened(session.visit);
    } catch (error) {
      // When its protocol has finished to begin it.
      this.options.clock.setTimer(0, () => this.expel(session, error));
    }
    const sinceChangeMs = this.options.clock.nowMs() - this.changedAtMs;
    // Who was let in by the old rules: a callback may have taken its time.
    const isOfBefore = session.askedAtMs <= this.changedAtMs || sinceChangeMs < ENTERING_MS;
    if (isOfBefore) this.options.clock.setTimer(0, () => this.ask(session));
  }

  ended(session: Session, reason: string, nowUnixMs: number): void {
    this.sessions.delete(session);
    this.rates.forget(session);
    const { id, visit, grant, control, startedUnixMs } = session;
    const durationMs = nowUnixMs - startedUnixMs;
    const { bytes } = control;
    this.options.rules.ended({ id, visit, subject: grant.subject, reason, bytes, durationMs });
  }

  /** Rules or keys have changed: everybody is asked about again. Once more, if that is
   * under way. */
  recheck(): void {
    this.changedAtMs = this.options.clock.nowMs();
    this.waiting = [...this.sessions];
    this.asking?.clear();
    this.askSome(Math.max(MIN_BATCH, Math.ceil(this.waiting.length / BATCHES)));
  }

  private askSome(count: number): void {
    for (const session of this.waiting.splice(-count)) this.ask(session);
    if (this.waiting.length === 0) return;
    this.asking = this.options.clock.setTimer(BATCH_MS, () => this.askSome(count));
  }

  private ask(session: Session): void {
    const { rules } = this.options;
    if (!this.sessions.has(session)) return;
    this.questions += 1;
    this.asked.set(session, this.questions);
    try {
      const grant = rules.recheck(session.visit, session.grant);
      if (grant instanceof Promise) void this.hear(session, grant);
      else session.grant = grant;
    } catch (error) {
      this.expel(session, error);
    }
  }

  private async hear(session: Session, answer: Promise<Grant>): Promise<void> {
    const question = this.asked.get(session);
    const isLast = (): boolean => this.asked.get(session) === question;
    try {
      const grant = await answer;
      if (isLast()) session.grant = grant;
    } catch (error) {
      if (isLast()) this.expel(session, error);
    }
  }

  private scheduleSweep(): void {
    this.sweeping = this.options.clock.setTimer(SWEEP_MS, () => {
      this.sweep();
      this.scheduleSweep();
    });
  }

  private sweep(): void {
    const { clock } = this.options;
    const nowUnixMs = clock.unixMs();
    for (const session of this.sessions) {
      if (nowUnixMs >= session.grant.untilUnixMs) {
        this.expel(session, new WorkerError('ACCESS_TOKEN_EXPIRED'));
      } else if (this.rates.isTooFast(session, clock.nowMs())) {
        this.expel(session, new WorkerError('ACCESS_LIMIT_REACHED', 'bit rate'));
      }
    }
  }

  /** Who cannot be asked about stays. */
  private expel(session: Session, error: unknown): void {
    if (!this.sessions.has(session)) return;
    const reason = error instanceof WorkerError ? EXPEL_REASONS.get(error.code) : undefined;
    const { log, counters } = this.options;
    if (!(error instanceof WorkerError) || reason === undefined) {
      // What failed is told by who was asked, once for all.
      log.debug({ session: session.id, err: error }, 'session stays: nobody could tell');
      return;
    }
    counters.count(error.code);
    const { id, visit } = session;
    const { name, address } = visit;
    const who = { session: id, stream: name.key, remoteAddress: address };
    log.info({ ...who, code: error.code, reason: error.message }, 'session cut');
    session.control.expel(reason);
  }
}

/** A callback that fails, and rules and keys that are not known, say nothing of who is here. */
const EXPEL_REASONS: ReadonlyMap<WorkerErrorCode, ExpelReason> = new Map([
  ['ACCESS_TOKEN_EXPIRED', 'expired'],
  ['ACCESS_LIMIT_REACHED', 'limit'],
  ['ACCESS_TOKEN_MISSING', 'denied'],
  ['ACCESS_TOKEN_INVALID', 'denied'],
  ['ACCESS_REFUSED', 'denied'],
  ['ACCESS_ADDRESS_REFUSED', 'denied'],
]);

import type { Logger } from 'pino';
import type { Gate, Grant } from '../access/gate.ts';
import type { Visit } from '../access/visit.ts';
import { WorkerError } from '../errors.ts';
import type { Clock } from '../stream/clock.ts';
import { AccessLog } from './access-log.ts';
import { Bans } from './bans.ts';
import { newSessionId, Session, type SessionControl } from './session.ts';

/** A visitor who was let in, and has no session yet. */
export interface Entry {
  readonly visit: Visit;
  readonly grant: Grant;
  /** When he asked, by the clock's nowMs. */
  readonly askedAtMs: number;
  /** Begins the session. `id`: of a client that names one (HLS), unless another session
   * here has it; else it is drawn. */
  open(control: SessionControl, id?: string): Session;
}

/** What protocols see of access and sessions. */
export interface Visitors {
  /** Throws or rejects with an ACCESS_ code. */
  enter(visit: Visit): Entry | Promise<Entry>;
  /** The same of somebody who has a session, or says so: he counts already. */
  enterAgain(visit: Visit): Entry | Promise<Entry>;
}

/** Who is told of sessions. */
interface SessionWatcher {
  opened?(session: Session): void;
  ended(session: Session, reason: string, nowUnixMs: number): void;
}

export interface SessionsOptions {
  readonly gate: Gate;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who publishes and plays at this worker. */
export class Sessions implements Visitors {
  readonly bans: Bans;
  private readonly options: SessionsOptions;
  private readonly accessLog: AccessLog;
  private readonly sessions = new Map<string, Session>();
  private readonly watchers: SessionWatcher[] = [];
  private readonly ended = (session: Session, reason: string): void => {
    const nowUnixMs = this.options.clock.unixMs();
    this.sessions.delete(session.id);
    this.accessLog.ended(session, reason, nowUnixMs);
    for (const watcher of this.watchers) watcher.ended(session, reason, nowUnixMs);
  };

  constructor(options: SessionsOptions) {
    this.options = options;
    this.bans = new Bans(options.clock);
    this.accessLog = new AccessLog(options.log);
  }

  watch(watcher: SessionWatcher): void {
    this.watchers.push(watcher);
  }

  get size(): number {
    return this.sessions.size;
  }

  all(): Iterable<Session> {
    return this.sessions.values();
  }

  get(id: string): Session | undefined {
    return this.sessions.get(id);
  }

  enter(visit: Visit): Entry | Promise<Entry> {
    return this.entered(visit, 'admit');
  }

  enterAgain(visit: Visit): Entry | Promise<Entry> {
    return this.entered(visit, 'readmit');
  }

  private entered(visit: Visit, how: 'admit' | 'readmit'): Entry | Promise<Entry> {
    if (this.bans.hasClient(visit)) throw new WorkerError('ACCESS_BANNED');
    const askedAtMs = this.options.clock.nowMs();
    const grant = this.options.gate[how](visit);
    if (!(grant instanceof Promise)) return this.entry(visit, grant, askedAtMs);
    return grant.then((found) => this.entry(visit, found, askedAtMs));
  }

  /** Whose token it is, is known by now. */
  private entry(visit: Visit, grant: Grant, askedAtMs: number): Entry {
    if (this.bans.hasSubject(grant.subject)) throw new WorkerError('ACCESS_BANNED');
    const open: Entry['open'] = (control, id) => {
      return this.open({ visit, grant, askedAtMs, control }, id);
    };
    return { visit, grant, askedAtMs, open };
  }

  isBanned({ visit, grant }: Pick<Session, 'visit' | 'grant'>): boolean {
    return this.bans.hasClient(visit) || this.bans.hasSubject(grant.subject);
  }

  private open(
    facts: Pick<Session, 'visit' | 'grant' | 'askedAtMs' | 'control'>,
    named = '',
  ): Session {
    const startedUnixMs = this.options.clock.unixMs();
    const id = named === '' || this.sessions.has(named) ? newSessionId() : named;
    const session = new Session({ ...facts, id, startedUnixMs }, this.ended);
    this.sessions.set(id, session);
    this.accessLog.began(session);
    for (const watcher of this.watchers) watcher.opened?.(session);
    // While its stream was looked for; the protocol has to have it first.
    if (this.isBanned(session)) queueMicrotask(() => session.control.expel('kicked'));
    return session;
  }
}

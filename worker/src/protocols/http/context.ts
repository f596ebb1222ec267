import type { Server } from 'node:http';
import type { Logger } from 'pino';
import type { HttpLimits } from './deadline.ts';
import type { Routes } from './routes.ts';
import type { HttpSession } from './session.ts';

/** Who is believed when he says whose request he passes on. */
export interface ForwarderTrust {
  /** The header that says so, in lower case. */
  readonly header: string;
  has(address: string): boolean;
  clientOf(peer: string, value: string): string;
}

/** Counts refusals by their error code. */
export interface RefusalCounters {
  count(reason: string): void;
}

/** What all sessions of a server share. */
export interface HttpContext {
  readonly routes: Routes;
  readonly fallback: Server;
  /** Whose request Node's server is answering on a socket. */
  readonly fallbackSessions: WeakMap<object, HttpSession>;
  readonly log: Logger;
  readonly counters: RefusalCounters;
  readonly limits: HttpLimits;
  /** Undefined: nobody is. */
  readonly trust: ForwarderTrust | undefined;
  /** As of the last sweep: good enough for limits of seconds. */
  nowMs: number;
  /** Every answer is its connection's last. */
  isDraining: boolean;
  /** Connections that were asked to come again elsewhere. */
  shedTotal: number;
  forget(session: HttpSession): void;
}

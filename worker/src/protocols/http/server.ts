import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Connection, Engine, Listener } from '../../engine/engine.ts';
import { realClock, type Clock, type Timer } from '../../stream/clock.ts';
import type { ForwarderTrust, HttpContext, RefusalCounters } from './context.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './deadline.ts';
import type { MediaRoute } from './media-route.ts';
import { Routes } from './routes.ts';
import { HttpSession } from './session.ts';

export interface HttpServerOptions {
  readonly engine: Pick<Engine, 'listen'>;
  readonly log: Logger;
  readonly counters: RefusalCounters;
  /** Asked in this order. */
  readonly routes: readonly MediaRoute[];
  /** Answers everything else. Must not listen by itself. */
  readonly fallback: Server;
  /** Literal addresses; one listener each. */
  readonly hosts: readonly string[];
  /** 0 draws a free one for the first host; the others take the same. */
  readonly port: number;
  readonly reusePort: boolean;
  /** See ListenOptions. */
  readonly paced: boolean;
  /** Share of the clients that keep their connection and should make another, as of
   * now; none by default. */
  readonly shedShare?: () => number;
  /** Nobody by default. */
  readonly trust?: ForwarderTrust;
  readonly clock?: Clock;
  readonly limits?: Partial<HttpLimits>;
}

const SWEEP_INTERVAL_MS = 1000;

/** Listens by the engine; media is answered here, the rest by Node's server. */
export class HttpServer {
  private readonly options: HttpServerOptions;
  private readonly clock: Clock;
  private readonly context: HttpContext;
  private readonly listeners: Listener[] = [];
  private readonly sessions = new Set<HttpSession>();
  private timer: Timer | undefined = undefined;
  private boundPort: number;

  constructor(options: HttpServerOptions) {
    this.options = options;
    this.boundPort = options.port;
    this.clock = options.clock ?? realClock;
    this.context = {
      routes: new Routes(options.routes),
      fallback: options.fallback,
      fallbackSessions: new WeakMap(),
      log: options.log,
      counters: options.counters,
      limits: { ...DEFAULT_HTTP_LIMITS, ...options.limits },
      trust: options.trust,
      nowMs: this.clock.nowMs(),
      isDraining: false,
      shedTotal: 0,
      forget: (session) => void this.sessions.delete(session),
    };
  }

  /** Throws what the engine throws when an address cannot be had. */
  start(): void {
    const { fallback } = this.options;
    // First, so that it sees every answer before a framework ends it.
    fallback.prependListener('request', this.onFallbackRequest);
    // It never listens, and looks after its time limits (a body that trickles
    // in) only from this event on.
    fallback.emit('listening');
    this.resume();
    this.scheduleSweep();
  }

  get port(): number {
    return this.boundPort;
  }

  /** Without those that were taken over. */
  get connections(): number {
    return this.sessions.size;
  }

  get shedTotal(): number {
    return this.context.shedTotal;
  }

  /** Takes nobody new for now; those who are here notice nothing. */
  pause(): void {
    for (const listener of this.listeners.splice(0)) listener.close();
  }

  /** At the port that it had. Throws what the engine throws when an address cannot be had. */
  resume(): void {
    const { engine, hosts, reusePort, paced } = this.options;
    if (this.listeners.length > 0) return;
    for (const host of hosts) {
      const onAccept = (connection: Connection): void => this.accept(connection);
      const port = this.boundPort;
      const listener = engine.listen({ host, port, reusePort, paced, onAccept });
      this.boundPort = listener.port;
      this.listeners.push(listener);
    }
  }

  /** Takes nobody new; every connection ends behind its next answer. */
  stopAccepting(): void {
    this.context.isDraining = true;
    for (const session of this.sessions) session.drain();
    this.pause();
  }

  close(): void {
    this.stopAccepting();
    this.timer?.clear();
    this.options.fallback.removeListener('request', this.onFallbackRequest);
    for (const session of this.sessions) session.connection.close();
  }

  private readonly onFallbackRequest = (
    { socket }: IncomingMessage,
    response: ServerResponse,
  ): void => {
    this.context.fallbackSessions.get(socket)?.fallbackStarted(response);
  };

  private accept(connection: Connection): void {
    const session = new HttpSession(connection, this.context);
    this.sessions.add(session);
    connection.handler = session;
  }

  private scheduleSweep(): void {
    this.timer = this.clock.setTimer(SWEEP_INTERVAL_MS, () => {
      this.context.nowMs = this.clock.nowMs();
      const shedShare = this.options.shedShare?.() ?? 0;
      for (const session of this.sessions) {
        session.sweep(this.context.nowMs);
        if (shedShare > 0 && Math.random() < shedShare) session.shed();
      }
      this.scheduleSweep();
    });
  }
}

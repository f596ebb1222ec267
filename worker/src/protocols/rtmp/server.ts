import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Connection, Engine, Listener } from '../../engine/engine.ts';
import { realClock, type Clock, type Timer } from '../../stream/clock.ts';
import type { Visitors } from '../../sessions/visitors.ts';
import type { RefusalCounters, RtmpContext } from './context.ts';
import { DEFAULT_RTMP_LIMITS, type RtmpLimits } from './limits.ts';
import { RtmpSession } from './session.ts';
import type { RtmpStreamAccess } from './stream-access.ts';

export interface RtmpServerOptions {
  readonly engine: Pick<Engine, 'listen'>;
  readonly streams: RtmpStreamAccess;
  readonly visitors: Visitors;
  readonly log: Logger;
  readonly counters: RefusalCounters;
  /** Literal addresses; one listener each. */
  readonly hosts: readonly string[];
  /** 0 draws a free one for the first host; the others take the same. */
  readonly port: number;
  readonly reusePort: boolean;
  /** See ListenOptions. */
  readonly paced: boolean;
  readonly clock?: Clock;
  readonly limits?: Partial<RtmpLimits>;
}

const SWEEP_INTERVAL_MS = 1000;

/** Accepts RTMP connections and watches over their time limits. */
export class RtmpServer {
  private readonly options: RtmpServerOptions;
  private readonly context: RtmpContext;
  private readonly listeners: Listener[] = [];
  private readonly sessions = new Set<RtmpSession>();
  private timer: Timer | undefined = undefined;
  private boundPort: number;

  constructor(options: RtmpServerOptions) {
    this.options = options;
    this.boundPort = options.port;
    this.context = {
      streams: options.streams,
      visitors: options.visitors,
      log: options.log,
      clock: options.clock ?? realClock,
      counters: options.counters,
      limits: { ...DEFAULT_RTMP_LIMITS, ...options.limits },
      random: randomBytes,
    };
  }

  /** Throws what the engine throws when an address cannot be had. */
  start(): void {
    this.resume();
    this.scheduleSweep();
  }

  get port(): number {
    return this.boundPort;
  }

  get connections(): number {
    return this.sessions.size;
  }

  /** Takes nobody new for now; those who are here stay. */
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

  /** Takes nobody new; those who are here stay (drain). */
  stopAccepting(): void {
    this.pause();
  }

  close(): void {
    this.stopAccepting();
    this.timer?.clear();
    for (const session of this.sessions) session.connection.close();
  }

  private accept(connection: Connection): void {
    const session = new RtmpSession(connection, this.context, (ended) => {
      this.sessions.delete(ended);
    });
    this.sessions.add(session);
    connection.handler = session;
  }

  private scheduleSweep(): void {
    this.timer = this.context.clock.setTimer(SWEEP_INTERVAL_MS, () => {
      const nowMs = this.context.clock.nowMs();
      for (const session of this.sessions) session.sweep(nowMs);
      this.scheduleSweep();
    });
  }
}

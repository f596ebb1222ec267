import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { Listeners } from './listeners.ts';

/**
 * idle: nothing came yet. live: a source is attached. waiting: it left, the
 * grace runs. ended: over; only playlists are still served.
 */
export type StreamState = 'idle' | 'live' | 'waiting' | 'ended';

/** A stream that nobody reads is told so after this time. */
const UNREAD_MS = 5_000;
const IDLE_MS = 10_000;
/** Playlists of an ended stream stay for players that are behind. */
const ENDED_LINGER_MS = 60_000;

export interface LifetimeOptions {
  /** Of the stream. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** In which state a stream is, since when, and whether anybody still wants it. */
export class Lifetime {
  readonly ended = new Listeners();
  readonly live = new Listeners();
  readonly unread = new Listeners();
  private readonly options: LifetimeOptions;
  private current: StreamState = 'idle';
  private sinceMs: number;
  private lastReadMs: number;
  private wasToldUnread = false;
  private isReleased = false;

  constructor(options: LifetimeOptions) {
    this.options = options;
    this.sinceMs = options.clock.nowMs();
    this.lastReadMs = options.clock.nowMs();
  }

  get state(): StreamState {
    return this.current;
  }

  /** False: it is in this state already. */
  become(state: StreamState): boolean {
    if (this.current === state) return false;
    const { name: stream, clock, log } = this.options;
    this.current = state;
    this.sinceMs = clock.nowMs();
    log.info({ stream, state }, 'stream state');
    return true;
  }

  /** Its publisher has been away for longer than it may. */
  isGraceOver(nowMs: number, graceMs: number): boolean {
    return this.current === 'waiting' && nowMs - this.sinceMs >= graceMs;
  }

  /** Called all the time; says once that nobody has read it for some seconds. */
  noteReading(nowMs: number, isRead: boolean): void {
    if (isRead) {
      this.lastReadMs = nowMs;
      this.wasToldUnread = false;
      return;
    }
    if (this.wasToldUnread || nowMs - this.lastReadMs < UNREAD_MS) return;
    this.wasToldUnread = true;
    this.unread.call();
  }

  /** Nobody here read it, and whoever followed it has let go. */
  release(): void {
    this.isReleased = true;
  }

  /** isAlone: it has neither a source nor a reader. */
  isOver(nowMs: number, isAlone: boolean): boolean {
    if (this.isReleased) return true;
    if (this.current === 'ended') return nowMs - this.sinceMs >= ENDED_LINGER_MS;
    return this.current === 'idle' && isAlone && nowMs - this.lastReadMs >= IDLE_MS;
  }
}

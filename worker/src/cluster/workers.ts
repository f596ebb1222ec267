import type { Clock } from '../stream/clock.ts';
import type { Bus } from './bus.ts';

/** What a load report says that others act on. */
export interface WorkerSighting {
  readonly id: string;
  /** `host:port` of its control port and of its own HTTP port. */
  readonly grpcAddress: string;
  readonly httpAddress: string;
  readonly isDraining: boolean;
  /** Busy share of the loop, 0 to 1. */
  readonly load: number;
  readonly startedUnixMs: number;
}

interface Seen {
  readonly sighting: WorkerSighting;
  readonly atMs: number;
}

/** Reports come every 2 s: three missing ones make a worker dead. */
const ALIVE_MS = 6_000;
const FORGET_MS = 600_000;
/** Busier than this, a worker has no headroom for a home. */
const HEADROOM_LOAD = 0.8;

/** The workers of this cluster, as their load reports show them. */
export class Workers {
  readonly self: string;
  private readonly bus: Bus;
  private readonly clock: Clock;
  private readonly seen = new Map<string, Seen>();
  private connectedAtMs = -Infinity;

  constructor(options: { readonly self: string; readonly bus: Bus; readonly clock: Clock }) {
    this.self = options.self;
    this.bus = options.bus;
    this.clock = options.clock;
  }

  start(): void {
    if (this.bus.isConnected) this.connectedAtMs = this.clock.nowMs();
    this.bus.onConnection((isConnected) => {
      if (isConnected) this.connectedAtMs = this.clock.nowMs();
    });
  }

  note(sighting: WorkerSighting): void {
    this.seen.set(sighting.id, { sighting, atMs: this.clock.nowMs() });
  }

  get(id: string): WorkerSighting | undefined {
    return this.seen.get(id)?.sighting;
  }

  /**
   * Silence counts only while the bus could have brought a report: with NATS
   * away nobody dies.
   */
  isAlive(id: string): boolean {
    if (id === this.self) return true;
    const seen = this.seen.get(id);
    if (!this.bus.isConnected) return seen !== undefined;
    const sinceMs = Math.max(seen?.atMs ?? -Infinity, this.connectedAtMs);
    return this.clock.nowMs() - sinceMs < ALIVE_MS;
  }

  /** Others only. */
  live(): WorkerSighting[] {
    this.forget();
    return [...this.seen.values()]
      .map(({ sighting }) => sighting)
      .filter(({ id }) => id !== this.self && this.isAlive(id));
  }

  /** Others that may become a home. */
  withHeadroom(): WorkerSighting[] {
    return this.live().filter(({ isDraining, load }) => !isDraining && load < HEADROOM_LOAD);
  }

  private forget(): void {
    const nowMs = this.clock.nowMs();
    for (const [id, { atMs }] of this.seen) if (nowMs - atMs > FORGET_MS) this.seen.delete(id);
  }
}

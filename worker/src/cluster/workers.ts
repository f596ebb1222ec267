import type { WorkerLoad } from '@streamcluster/placement';
import type { Clock } from '../stream/clock.ts';
import type { Bus } from './bus.ts';

/** What a load report says that others act on. */
export interface WorkerSighting {
  readonly id: string;
  /** `host:port` of its control port and of its own HTTP port. */
  readonly grpcAddress: string;
  readonly httpAddress: string;
  /** Where viewers reach it, `host:port`; empty: only by a shared address. */
  readonly publicHttp: string;
  readonly publicHttps: string;
  readonly isDraining: boolean;
  /** It has room for new viewers. */
  readonly isAdmitting: boolean;
  /** Busy share of the loop, 0 to 1. */
  readonly load: number;
  /** Share of a CPU that its streams take, by weight. */
  readonly weighedLoad: number;
  readonly startedUnixMs: number;
}

interface Seen {
  readonly sighting: WorkerSighting;
  readonly atMs: number;
  /** Of the report before; 0 without. */
  readonly previousLoad: number;
  /** How many there were. */
  readonly count: number;
}

/** Reports come every 2 s: three missing ones make a worker dead. */
const ALIVE_MS = 6_000;
const FORGET_MS = 600_000;

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
    const before = this.seen.get(sighting.id);
    const previousLoad = before?.sighting.load ?? 0;
    const count = (before?.count ?? 0) + 1;
    this.seen.set(sighting.id, { sighting, atMs: this.clock.nowMs(), previousLoad, count });
  }

  get(id: string): WorkerSighting | undefined {
    return this.seen.get(id)?.sighting;
  }

  /** Undefined unless its last report is so young. */
  fresh(id: string, withinMs: number): WorkerSighting | undefined {
    const seen = this.seen.get(id);
    const isFresh = seen !== undefined && this.clock.nowMs() - seen.atMs <= withinMs;
    return isFresh ? seen.sighting : undefined;
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

  /** Reports of the worker that were heard: rises with each. */
  reportsOf(id: string): number {
    return this.seen.get(id)?.count ?? 0;
  }

  /** Others only. */
  live(): WorkerSighting[] {
    this.forget();
    return [...this.seen.values()]
      .map(({ sighting }) => sighting)
      .filter(({ id }) => id !== this.self && this.isAlive(id));
  }

  /** Who may become a home; this worker is always among them. One busy report
   * is a moment, two are a state: the lower one of the last two counts. */
  candidates(): WorkerLoad[] {
    const ids = this.live()
      .filter(({ isDraining }) => !isDraining)
      .map(({ id }) => id);
    return [this.self, ...ids].map((id) => {
      const seen = this.seen.get(id);
      const load = Math.min(seen?.sighting.load ?? 0, seen?.previousLoad ?? 0);
      return { id, load, reservedStreams: 0 };
    });
  }

  /** While nobody can be heard, nobody is forgotten: relays need their addresses. */
  private forget(): void {
    if (!this.bus.isConnected) return;
    const nowMs = this.clock.nowMs();
    for (const [id, { atMs }] of this.seen) {
      if (nowMs - Math.max(atMs, this.connectedAtMs) > FORGET_MS) this.seen.delete(id);
    }
  }
}

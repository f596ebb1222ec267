import { performance } from 'node:perf_hooks';
import type { Engine, EngineStats } from './engine.ts';
import { LagWindow, type LagLook } from './lag-window.ts';

/** Where the loop's busy time went. The parts add up to it: none contains another. */
export interface LoopParts {
  /** Sockets read and connections accepted. */
  readonly readMs: number;
  /** What JavaScript made of it, from bytes to frames; answers to requests. */
  readonly parseMs: number;
  /** Frames written into logs, in every format that is read; sampled. */
  readonly packageMs: number;
  readonly sendMs: number;
  /** Deadlines of connections, memory given back. */
  readonly housekeepingMs: number;
  /** Beside the engine: JavaScript's timers, NATS, gRPC, and the loop itself. */
  readonly otherMs: number;
}

/** What the loop did between two looks. */
export interface LoopLook {
  readonly wallMs: number;
  readonly activeMs: number;
  /** activeMs of wallMs, 0 to 1. */
  readonly utilization: number;
  readonly parts: LoopParts;
  readonly turns: number;
  /** Runs of due sends. */
  readonly ticks: number;
  readonly batches: number;
  readonly sendCalls: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** How late ticks of sending ran. */
  readonly tickLag: LagLook;
  /** How long the loop was busy between two waits. */
  readonly turnTime: LagLook;
}

/** The loop's parts, out of counters that only grow. */
export function loopParts(stats: EngineStats, packageMs: number): LoopParts {
  const { readMs, jsMs, sendMs, houseMs, activeMs } = stats;
  // What is sampled may be a little more than what was measured around it.
  const packaged = Math.min(packageMs, jsMs);
  return {
    readMs,
    parseMs: jsMs - packaged,
    packageMs: packaged,
    sendMs,
    housekeepingMs: houseMs,
    otherMs: Math.max(0, activeMs - readMs - jsMs - sendMs - houseMs),
  };
}

export interface LoopWindowOptions {
  readonly engine: Pick<Engine, 'stats' | 'lags'>;
  /** Time spent on writing into logs since start: see PackageMeter. */
  readonly packageMs: () => number;
  readonly nowMs?: () => number;
}

/** What happened since the last look; whoever looks has a window of its own. */
export class LoopWindow {
  private readonly options: LoopWindowOptions;
  private readonly nowMs: () => number;
  private readonly tickLag: LagWindow;
  private readonly turnTime: LagWindow;
  private atMs: number;
  private before: EngineStats;
  private packagedMs: number;

  constructor(options: LoopWindowOptions) {
    const { engine, packageMs } = options;
    this.options = options;
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.tickLag = new LagWindow(engine.lags.tick);
    this.turnTime = new LagWindow(engine.lags.turn);
    this.atMs = this.nowMs();
    this.before = engine.stats();
    this.packagedMs = packageMs();
  }

  look(): LoopLook {
    const { before, atMs, packagedMs } = this;
    const now = this.options.engine.stats();
    this.before = now;
    this.atMs = this.nowMs();
    this.packagedMs = this.options.packageMs();
    const since = (name: keyof EngineStats): number => now[name] - before[name];
    const spent = { ...now };
    for (const name of PART_FIELDS) spent[name] = since(name);
    const wallMs = Math.max(MIN_WALL_MS, this.atMs - atMs);
    return {
      wallMs,
      activeMs: spent.activeMs,
      utilization: Math.min(1, spent.activeMs / wallMs),
      parts: loopParts(spent, this.packagedMs - packagedMs),
      turns: since('turnsTotal'),
      ticks: since('ticksTotal'),
      batches: since('batchesTotal'),
      sendCalls: since('sendCallsTotal'),
      bytesSent: since('bytesSentTotal'),
      bytesReceived: since('bytesReceivedTotal'),
      tickLag: this.tickLag.look(),
      turnTime: this.turnTime.look(),
    };
  }
}

/** Two looks at once. */
const MIN_WALL_MS = 0.001;
const PART_FIELDS = ['activeMs', 'readMs', 'jsMs', 'sendMs', 'houseMs'] as const;

import { performance } from 'node:perf_hooks';
import type { Engine } from '../../engine/engine.ts';
import { LagWindow } from '../../engine/lag-window.ts';
import type { ProcessSample } from '../load-report.ts';

/** Shorter periods say too little: the last sample is given again. */
const MIN_PERIOD_MS = 500;

const IDLE: ProcessSample = {
  loopUtilization: 0,
  tickLagMs: 0,
  bytesInPerSecond: 0,
  bytesOutPerSecond: 0,
  connections: 0,
  arenaBytes: 0,
  rssBytes: 0,
};

/** Measures this process between two calls, for whoever asks in longer periods. */
export class ProcessSampler {
  private readonly engine: Engine;
  private readonly tickLag: LagWindow;
  private atMs = performance.now();
  private activeMs: number;
  private bytesIn = 0;
  private bytesOut = 0;
  private last: ProcessSample = IDLE;

  constructor(engine: Engine) {
    this.engine = engine;
    this.tickLag = new LagWindow(engine.lags.tick);
    this.activeMs = engine.stats().activeMs;
  }

  /** The last sample, without looking anew. */
  get latest(): ProcessSample {
    return this.last;
  }

  /** What was before does not count: starting up is busy and over. */
  restart(): void {
    this.atMs = performance.now();
    this.activeMs = this.engine.stats().activeMs;
    this.last = { ...IDLE, rssBytes: process.memoryUsage.rss() };
  }

  sample(): ProcessSample {
    const nowMs = performance.now();
    if (nowMs - this.atMs < MIN_PERIOD_MS) return this.last;
    const stats = this.engine.stats();
    const elapsedMs = nowMs - this.atMs;
    const perSecond = 1_000 / elapsedMs;
    this.last = {
      loopUtilization: Math.min(1, (stats.activeMs - this.activeMs) / elapsedMs),
      tickLagMs: this.tickLag.look().p99Ms,
      bytesInPerSecond: (stats.bytesReceivedTotal - this.bytesIn) * perSecond,
      bytesOutPerSecond: (stats.bytesSentTotal - this.bytesOut) * perSecond,
      connections: stats.connections,
      arenaBytes: stats.arenaInUseBytes,
      rssBytes: process.memoryUsage.rss(),
    };
    this.atMs = nowMs;
    this.activeMs = stats.activeMs;
    this.bytesIn = stats.bytesReceivedTotal;
    this.bytesOut = stats.bytesSentTotal;
    return this.last;
  }
}

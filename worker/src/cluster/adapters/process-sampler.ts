import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Engine } from '../../engine/engine.ts';
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

/** Measures this process between two calls. The engine's tick lag starts anew
 * with each look at it, so all who ask share one sampler. */
export class ProcessSampler {
  private readonly engine: Engine;
  private atMs = performance.now();
  private loop: EventLoopUtilization = performance.eventLoopUtilization();
  private bytesIn = 0;
  private bytesOut = 0;
  private last: ProcessSample = IDLE;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** The last sample, without looking anew. */
  get latest(): ProcessSample {
    return this.last;
  }

  /** What was before does not count: starting up is busy and over. */
  restart(): void {
    this.atMs = performance.now();
    this.loop = performance.eventLoopUtilization();
    this.last = { ...IDLE, rssBytes: process.memoryUsage.rss() };
  }

  sample(): ProcessSample {
    const nowMs = performance.now();
    if (nowMs - this.atMs < MIN_PERIOD_MS) return this.last;
    const stats = this.engine.stats();
    const seconds = Math.max(0.001, (nowMs - this.atMs) / 1_000);
    const loop = performance.eventLoopUtilization();
    this.last = {
      loopUtilization: performance.eventLoopUtilization(loop, this.loop).utilization,
      tickLagMs: stats.tickLagP99Ms,
      bytesInPerSecond: (stats.bytesReceivedTotal - this.bytesIn) / seconds,
      bytesOutPerSecond: (stats.bytesSentTotal - this.bytesOut) / seconds,
      connections: stats.connections,
      arenaBytes: stats.arenaInUseBytes,
      rssBytes: process.memoryUsage.rss(),
    };
    this.atMs = nowMs;
    this.loop = loop;
    this.bytesIn = stats.bytesReceivedTotal;
    this.bytesOut = stats.bytesSentTotal;
    return this.last;
  }
}

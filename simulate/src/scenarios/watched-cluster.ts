import type { ViewerMode } from '@streamcluster/placement';
import type { ViewerKind } from '../model/parts.ts';
import { Popularity } from '../model/popularity.ts';
import type { ReportOptions } from '../model/reports.ts';
import { Sim, STEP_MS } from '../model/sim.ts';
import { nothing } from '../strategies/peers.ts';
import type { Strategy } from '../strategies/strategy.ts';

export interface WatchedOptions {
  readonly seed: number;
  readonly mode: ViewerMode;
  readonly workers: number;
  readonly streams: number;
  readonly viewers: number;
  /** Of the popularity of streams; undefined: all watch one. */
  readonly exponent: number | undefined;
  /** Share of viewers who ask anew (HLS). */
  readonly asking: number;
  /** Share of the viewers who go, and are replaced, in a second. */
  readonly churn: number;
  readonly reports?: Partial<ReportOptions>;
  readonly maxMovesPercent?: number;
}

const RATE = 2e6;
/** How long it takes until all streams are there. */
const PUBLISHING_MS = 20_000;

/**
 * A cluster whose streams were placed by the strategy and at once got all of
 * their viewers, before anybody did anything about balance: in redirect mode each
 * is at the home of its stream. Then the strategy has its first cycle.
 */
export function watchedCluster(options: WatchedOptions, strategy: Strategy): Sim {
  const { viewers, churn } = options;
  const { sim, popularity, kind } = emptyCluster(options, strategy);
  sim.strategy = { ...nothing(), place: strategy.place };
  publishAll(sim, options.streams, (index) => {
    const stream = sim.publish(RATE);
    const watching = Math.round(viewers * popularity.shareOf(index));
    for (let i = 0; i < watching; i += 1) sim.arrive(stream, kind());
  });
  sim.strategy = strategy;
  const stream = (): Sim['cluster']['streams'][number] | undefined =>
    sim.cluster.streams[popularity.draw()];
  sim.traffic = { arrivalsPerSecond: viewers * churn, leaveShare: churn, stream, kind };
  sim.startCycles();
  return sim;
}

/** The same streams, without viewers; and the strategy acts from the start. */
export function publishedCluster(options: WatchedOptions, strategy: Strategy): Setting {
  const setting = emptyCluster(options, strategy);
  publishAll(setting.sim, options.streams, () => void setting.sim.publish(RATE));
  setting.sim.startCycles();
  return setting;
}

export interface Setting {
  readonly sim: Sim;
  readonly popularity: Popularity;
  readonly kind: () => ViewerKind;
}

function emptyCluster(options: WatchedOptions, strategy: Strategy): Setting {
  const { streams, exponent, asking, ...more } = options;
  const sim = new Sim(more, strategy);
  const popularity = new Popularity(streams, sim.random, exponent);
  const kind = (): ViewerKind => (sim.random.next() < asking ? 'asks' : 'stays');
  return { sim, popularity, kind };
}

/** One after the other, over a while in which reports come. No cycles. */
function publishAll(sim: Sim, streams: number, publish: (index: number) => void): void {
  sim.reports.all(0);
  const { strategy } = sim;
  sim.strategy = { ...strategy, cycle: () => ({ servers: [], closed: new Set() }) };
  const steps = PUBLISHING_MS / STEP_MS;
  for (let step = 1; step <= steps; step += 1) {
    const due = Math.ceil((streams * step) / steps);
    while (sim.cluster.streams.length < due) publish(sim.cluster.streams.length);
    sim.runUntil(step * STEP_MS);
  }
  sim.strategy = strategy;
}

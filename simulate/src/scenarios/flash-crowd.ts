import type { Plot, Point } from '@streamcluster/bench';
import type { ViewerMode } from '@streamcluster/placement';
import { poisson } from '../draws/poisson.ts';
import type { Sim } from '../model/sim.ts';
import { STEP_MS } from '../model/sim.ts';
import type { SimStream } from '../model/parts.ts';
import { ours } from '../strategies/ours.ts';
import { nothing } from '../strategies/peers.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { atMost, count, modeName, percent, ratio, type Bar, type Scenario } from './scenario.ts';
import { mostFed } from './service.ts';
import { watchedCluster } from './watched-cluster.ts';

const CLUSTER = {
  workers: 100,
  streams: 2_000,
  viewers: 50_000,
  exponent: 0.8,
  asking: 0.5,
  churn: 0.01,
} as const;
const CROWD = 100_000;
const COMES_MS = 60_000;
const LASTS_MS = 30_000;
const STAYS_MS = 120_000;
const LEAVES_MS = 60_000;
const END_MS = 480_000;

interface FlashCrowd {
  readonly balance: readonly Point[];
  /** Who serve the stream. */
  readonly servers: readonly Point[];
  readonly peak: number;
  readonly afterTwoCycles: number;
  readonly end: number;
  readonly fed: number;
  readonly sim: Sim;
}

/** Three times the viewers, of whom two thirds watch one stream, for two minutes. */
function flashCrowd(strategy: Strategy, mode: ViewerMode, seed: number): FlashCrowd {
  const sim = watchedCluster({ ...CLUSTER, mode, seed }, strategy);
  const startMs = sim.nowMs;
  // Not the one that is most watched anyway.
  const stream = sim.cluster.streams.at(-1);
  if (stream === undefined) throw new Error('no streams');
  const [balance, servers]: [Point[], Point[]] = [[], []];
  let [peak, fed, afterTwoCycles] = [0, 0, 0];
  sim.runUntil(startMs + END_MS, () => {
    const sinceMs = sim.nowMs - startMs;
    comeAndGo(sim, stream, sinceMs);
    const { maxOverMean } = sim.balance;
    if (sinceMs >= COMES_MS) peak = Math.max(peak, maxOverMean);
    if (sinceMs === COMES_MS + LASTS_MS + 12_000)
      [afterTwoCycles, fed] = [maxOverMean, mostFed(sim)];
    if (sinceMs % 8_000 !== 0) return;
    balance.push({ x: sinceMs / 1_000, y: maxOverMean });
    servers.push({ x: sinceMs / 1_000, y: stream.servers.size });
  });
  return { balance, servers, peak, afterTwoCycles, end: sim.balance.maxOverMean, fed, sim };
}

/** What of the crowd comes or goes in a step. */
function comeAndGo(sim: Sim, stream: SimStream, sinceMs: number): void {
  const inStep = (ms: number): number => poisson(sim.random, (CROWD * STEP_MS) / ms);
  if (sinceMs > COMES_MS && sinceMs <= COMES_MS + LASTS_MS) {
    const coming = inStep(LASTS_MS);
    for (let i = 0; i < coming; i += 1) sim.arrive(stream, i % 2 === 0 ? 'asks' : 'stays');
  }
  const goesAtMs = COMES_MS + LASTS_MS + STAYS_MS;
  if (sinceMs > goesAtMs && sinceMs <= goesAtMs + LEAVES_MS) {
    sim.audience.leaveStream(stream, inStep(LEAVES_MS));
  }
}

const CONTENDERS: readonly { readonly mode: ViewerMode; readonly make: () => Strategy }[] = [
  { mode: 'Redirect', make: () => ours() },
  { mode: 'Redirect', make: nothing },
  { mode: 'Service', make: () => ours() },
  { mode: 'Service', make: nothing },
];

interface Result {
  readonly mode: ViewerMode;
  readonly strategy: Strategy;
  readonly run: FlashCrowd;
}

const isOurs = ({ strategy }: Result): boolean => strategy.name === 'ours';

/** A stream that everybody suddenly watches, and then nobody. */
export const flashCrowdScenario: Scenario = {
  key: 'flash-crowd',
  run: (seed) => {
    const results = CONTENDERS.map(({ mode, make }): Result => {
      const strategy = make();
      return { mode, strategy, run: flashCrowd(strategy, mode, seed) };
    });
    return {
      title: 'A flash crowd',
      about:
        `${CLUSTER.workers} workers, ${CLUSTER.streams} streams, ${CLUSTER.viewers} viewers (Zipf ${CLUSTER.exponent}, half of them HLS); ` +
        `after a minute ${CROWD} more come for one stream within ${LASTS_MS / 1_000} s, and go again two minutes later.`,
      tables: [{ head: HEAD, rows: results.map(row) }],
      plots: plotsOf(results),
      bars: results.filter(isOurs).map(({ mode, run }): Bar => {
        const what = `${modeName(mode)}, a flash crowd: two cycles after the last came`;
        return atMost(what, run.afterTwoCycles, 1.25);
      }),
    };
  },
};

const HEAD = [
  ...['mode', 'strategy', 'peak', 'two cycles after the last came', 'at the end', 'most servers'],
  ...['servers at the end', 'relays of one worker', 'most touched a cycle', 'interrupted'],
];

function row({ mode, strategy, run }: Result): string[] {
  const { sim, servers, fed } = run;
  const mostServers = Math.max(...servers.map(({ y }) => y));
  return [
    ...[mode, strategy.name, ...[run.peak, run.afterTwoCycles, run.end].map(ratio)],
    ...[mostServers, servers.at(-1)?.y ?? 0, fed].map(count),
    ...[percent(sim.tally.mostTouched / CLUSTER.streams), count(sim.audience.interrupted)],
  ];
}

function plotsOf(results: readonly Result[]): Map<string, Plot> {
  const linesOf = (
    shown: readonly Result[],
    points: (run: FlashCrowd) => readonly Point[],
  ): Plot['lines'] =>
    shown.map(({ mode, strategy, run }) => ({
      name: `${mode}, ${strategy.name}`,
      points: points(run),
    }));
  // What doing nothing comes to in redirect mode would leave no room for the others.
  const comparable = results.filter((one) => isOurs(one) || one.mode === 'Service');
  const balance: Plot = {
    title: 'A flash crowd: load of the busiest worker over the mean',
    ...{ xLabel: 'seconds', yLabel: 'max/mean', lines: linesOf(comparable, (run) => run.balance) },
  };
  const servers: Plot = {
    title: 'A flash crowd: workers that serve the stream',
    ...{ xLabel: 'seconds', yLabel: 'home and replicas' },
    lines: linesOf(results.filter(isOurs), (run) => run.servers),
  };
  return new Map([
    ['flash-crowd', balance],
    ['flash-crowd-servers', servers],
  ]);
}

import { CYCLE_MS } from '@streamcluster/placement';
import type { Plot, Point } from '@streamcluster/bench';
import { ours } from '../strategies/ours.ts';
import { peers } from '../strategies/peers.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { wholeStreamBound } from './bounds.ts';
import {
  atMost,
  count,
  mean,
  percent,
  ratio,
  type Bar,
  type Scenario,
  type Table,
} from './scenario.ts';
import { watchedCluster, type WatchedOptions } from './watched-cluster.ts';

const CLUSTER = {
  mode: 'Redirect',
  workers: 40,
  streams: 1_000,
  viewers: 100_000,
  churn: 0.01,
} as const;
const END_MS = 60_000;
const SEEDS = 10;
const BAR = 1.25;

interface Crowd {
  readonly name: string;
  readonly exponent: number | undefined;
}

const CROWDS: readonly Crowd[] = [
  { name: 'Zipf 0.8', exponent: 0.8 },
  { name: 'Zipf 1.0', exponent: 1 },
  { name: 'Zipf 1.2', exponent: 1.2 },
  { name: 'all watch one', exponent: undefined },
];

/** What one run came to; balances are max/mean. */
export interface RedirectRun {
  readonly start: number;
  readonly afterOne: number;
  readonly afterTwo: number;
  readonly end: number;
  /** Streams touched in one cycle at most, of all. */
  readonly mostTouched: number;
  readonly touched: number;
  readonly relays: number;
  readonly interrupted: number;
  /** The least that placing whole streams could come to. */
  readonly bestWhole: number;
  readonly curve: readonly Point[];
}

/** From the first cycle on. */
export function redirectRun(
  strategy: Strategy,
  options: Pick<WatchedOptions, 'seed' | 'exponent' | 'asking'>,
): RedirectRun {
  const sim = watchedCluster({ ...CLUSTER, ...options }, strategy);
  const startMs = sim.nowMs;
  const curve = [{ x: 0, y: sim.balance.maxOverMean }];
  const until = (ms: number): number => {
    sim.runUntil(startMs + ms, () => {
      const seconds = (sim.nowMs - startMs) / 1_000;
      if (seconds % 2 === 0) curve.push({ x: seconds, y: sim.balance.maxOverMean });
    });
    return sim.balance.maxOverMean;
  };
  const [start, afterOne, afterTwo, end] = [0, CYCLE_MS, 2 * CYCLE_MS, END_MS].map(until);
  return {
    ...{ start: start ?? 0, afterOne: afterOne ?? 0, afterTwo: afterTwo ?? 0, end: end ?? 0 },
    mostTouched: sim.tally.mostTouched / CLUSTER.streams,
    touched: sim.tally.streamsTouched,
    relays: sim.cluster.relays,
    interrupted: sim.audience.interrupted,
    bestWhole: wholeStreamBound(sim),
    curve,
  };
}

function row(crowd: string, name: string, run: RedirectRun): string[] {
  const { start, afterOne, afterTwo, end, mostTouched, touched, relays, interrupted } = run;
  return [
    ...[crowd, name, ...[start, afterOne, afterTwo, end].map(ratio)],
    ...[percent(mostTouched), count(touched), count(relays), count(interrupted)],
    ratio(run.bestWhole),
  ];
}

const HEAD = [
  ...['viewers', 'strategy', 'start', 'one cycle', 'two cycles', '60 s', 'most touched a cycle'],
  ...['touched', 'relays', 'interrupted', 'whole streams, best'],
];

/** The mean of some runs of ours, with the worst after two cycles. */
function oursRuns(
  seed: number,
  { exponent }: Crowd,
): { mean: RedirectRun; worst: number; touched: number } {
  const runs = Array.from({ length: SEEDS }, (_, at) =>
    redirectRun(ours(), { seed: seed + at, exponent, asking: 1 }),
  );
  const [first] = runs;
  if (first === undefined) throw new Error('no runs');
  const of = (pick: (run: RedirectRun) => number): number => mean(runs.map(pick));
  return {
    mean: {
      ...first,
      ...{ start: of((run) => run.start), afterOne: of((run) => run.afterOne) },
      ...{ afterTwo: of((run) => run.afterTwo), end: of((run) => run.end) },
      ...{ relays: of((run) => run.relays), touched: of((run) => run.touched) },
    },
    worst: Math.max(...runs.map(({ afterTwo }) => afterTwo)),
    touched: Math.max(...runs.map(({ mostTouched }) => mostTouched)),
  };
}

/** Load that lies unevenly, in redirect mode, with players that ask anew. */
export const redirect: Scenario = {
  key: 'redirect',
  run: (seed) => {
    const rows: string[][] = [];
    const bars: Bar[] = [];
    let plot: Plot | undefined;
    for (const crowd of CROWDS) {
      const { mean: run, worst, touched } = oursRuns(seed, crowd);
      const others = peers().map((strategy) => ({
        name: strategy.name,
        run: redirectRun(strategy, { seed, exponent: crowd.exponent, asking: 1 }),
      }));
      rows.push(row(crowd.name, 'ours', run));
      for (const other of others) rows.push(row(crowd.name, other.name, other.run));
      bars.push(
        atMost(
          `redirect mode, ${crowd.name}: after two cycles, worst of ${SEEDS} seeds`,
          worst,
          BAR,
        ),
      );
      bars.push({
        what: `redirect mode, ${crowd.name}: streams touched in a cycle`,
        ...{ bar: '<= 2 %', measured: percent(touched), isReached: touched <= 0.02 },
      });
      if (crowd.exponent === 1.2) plot = plotOf([{ name: 'ours', run }, ...others]);
    }
    const tables: Table[] = [{ head: HEAD, rows }];
    return {
      title: 'Redirect mode: load that lies unevenly',
      about:
        `${CLUSTER.workers} workers, ${CLUSTER.streams} streams, ${CLUSTER.viewers} viewers who play HLS, 1 % of whom leave and come each second. ` +
        `At the start each is at the home of its stream; then the strategy begins. Ours: mean of ${SEEDS} seeds.`,
      tables,
      plots: new Map(plot === undefined ? [] : [['redirect', plot]]),
      bars,
    };
  },
};

function plotOf(lines: readonly { readonly name: string; readonly run: RedirectRun }[]): Plot {
  const shown = lines.filter(({ name }) => name !== 'round-robin' && name !== 'least-loaded');
  return {
    title: 'Redirect mode, Zipf 1.2, HLS: load of the busiest worker over the mean',
    ...{ xLabel: 'seconds since the first cycle', yLabel: 'max/mean' },
    lines: shown.map(({ name, run }) => ({ name, points: run.curve })),
  };
}

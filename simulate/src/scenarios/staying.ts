import { CYCLE_MS } from '@streamcluster/placement';
import { REPORT_MS } from '../model/reports.ts';
import type { Sim } from '../model/sim.ts';
import { ours } from '../strategies/ours.ts';
import { nothing } from '../strategies/peers.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { churnBound } from './bounds.ts';
import { atMost, count, percent, ratio, type Bar, type Scenario, type Table } from './scenario.ts';
import { publishedCluster, watchedCluster, type WatchedOptions } from './watched-cluster.ts';

const CHURN = 0.01;
const BIG = {
  mode: 'Redirect',
  workers: 40,
  streams: 1_000,
  viewers: 100_000,
  asking: 0,
  churn: CHURN,
} as const;
/** As the live test has it: nine in ten of the viewers watch one stream. */
const SMALL = {
  mode: 'Redirect',
  workers: 6,
  streams: 60,
  viewers: 2_000,
  asking: 0,
  churn: 0,
} as const;
const LOOKS_MS = [2 * CYCLE_MS, 60_000, 120_000, 240_000];

interface Arrival {
  readonly name: string;
  readonly options: Omit<WatchedOptions, 'seed'>;
  /** Share of the viewers who come for the most watched stream, whatever popularity says. */
  readonly forOne: number;
  readonly overMs: number;
}

const ARRIVALS: readonly Arrival[] = [
  {
    name: '100,000 in 60 s, Zipf 1.0',
    options: { ...BIG, exponent: 1 },
    forOne: 0,
    overMs: 60_000,
  },
  {
    name: '100,000 in 60 s, all for one',
    options: { ...BIG, exponent: undefined },
    forOne: 0,
    overMs: 60_000,
  },
  {
    name: '2,000 in 30 s, 90 % for one; 6 workers, 60 streams',
    options: { ...SMALL, exponent: 1 },
    forOne: 0.9,
    overMs: 30_000,
  },
  {
    name: '2,000 in 5 s, 90 % for one; 6 workers, 60 streams',
    options: { ...SMALL, exponent: 1 },
    forOne: 0.9,
    overMs: 5_000,
  },
];

/** Viewers come while the strategy acts; the state two cycles after the last came. */
export function arrive(
  strategy: Strategy,
  { options, forOne, overMs }: Omit<Arrival, 'name'>,
  seed: number,
): Sim {
  const { sim, popularity, kind } = publishedCluster({ ...options, seed }, strategy);
  const stream = (): Sim['cluster']['streams'][number] | undefined => {
    const index = sim.random.next() < forOne ? 0 : popularity.draw();
    return sim.cluster.streams[index];
  };
  const arrivalsPerSecond = options.viewers / (overMs / 1_000);
  sim.traffic = { arrivalsPerSecond, leaveShare: 0, stream, kind };
  sim.runUntil(sim.nowMs + overMs);
  sim.traffic = undefined;
  sim.runUntil(sim.nowMs + 2 * CYCLE_MS);
  return sim;
}

function arrivalTable(seed: number, bars: Bar[]): Table {
  const rows = ARRIVALS.flatMap(({ name, ...arrival }) =>
    [ours(), nothing()].map((strategy) => {
      const sim = arrive(strategy, arrival, seed);
      const { maxOverMean } = sim.balance;
      // Within one report nobody can know; it is shown, and not a bar.
      if (strategy.name === 'ours' && arrival.overMs > REPORT_MS + CYCLE_MS) {
        bars.push(
          atMost(
            `redirect mode, viewers who stay, ${name}: two cycles after the last`,
            maxOverMean,
            1.25,
          ),
        );
      }
      return [name, strategy.name, ratio(maxOverMean), ...talliesOf(sim, arrival.options.streams)];
    }),
  );
  return {
    head: [
      'who come',
      'strategy',
      'max/mean',
      'most touched a cycle',
      'touched',
      'relays',
      'interrupted',
    ],
    rows,
  };
}

function talliesOf({ tally, cluster, audience }: Sim, streams: number): string[] {
  return [
    percent(tally.mostTouched / streams),
    ...[tally.streamsTouched, cluster.relays, audience.interrupted].map(count),
  ];
}

function churnTable(seed: number): Table {
  const rows = [1, undefined].flatMap((exponent) => {
    const name = exponent === undefined ? 'all watch one' : 'Zipf 1.0';
    const lines = [ours(), nothing()].map((strategy) => {
      const sim = watchedCluster({ ...BIG, exponent, seed }, strategy);
      const [startMs, start] = [sim.nowMs, sim.balance.maxOverMean];
      const looks = LOOKS_MS.map((ms) => {
        sim.runUntil(startMs + ms);
        return ratio(sim.balance.maxOverMean);
      });
      const cells = [name, strategy.name, ratio(start), ...looks, ...talliesOf(sim, BIG.streams)];
      return { start, cells };
    });
    const bounds = LOOKS_MS.map((ms) => ratio(churnBound(lines[0]?.start ?? 1, CHURN, ms / 1_000)));
    const bound = [
      name,
      'nobody can do better',
      ratio(lines[0]?.start ?? 1),
      ...bounds,
      '',
      '',
      '',
      '0',
    ];
    return [...lines.map(({ cells }) => cells), bound];
  });
  const times = LOOKS_MS.map((ms) => `${ms / 1_000} s`);
  return {
    head: [
      'viewers',
      'strategy',
      'start',
      ...times,
      'most touched a cycle',
      'touched',
      'relays',
      'interrupted',
    ],
    rows,
  };
}

/** Redirect mode with viewers who stay where they are. */
export const staying: Scenario = {
  key: 'staying',
  run: (seed) => {
    const bars: Bar[] = [];
    return {
      title: 'Redirect mode: viewers who stay connected (FLV, RTMP)',
      about:
        'Nobody is cut for balance, so those who are connected stay where they are. First: viewers come while the strategy acts. ' +
        'Second: all 100,000 (40 workers, 1,000 streams) were at the homes of their streams before it began, and 1 % leave and come each second; ' +
        'who is there lessens only by leaving, which no strategy can hasten.',
      tables: [arrivalTable(seed, bars), churnTable(seed)],
      plots: new Map(),
      bars,
    };
  },
};

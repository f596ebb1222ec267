import { RELAY_FAN_OUT } from '@streamcluster/placement';
import type { Sim } from '../model/sim.ts';
import { ours } from '../strategies/ours.ts';
import { peers } from '../strategies/peers.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { randomBound } from './bounds.ts';
import { count, percent, ratio, type Scenario } from './scenario.ts';
import { watchedCluster } from './watched-cluster.ts';

const CLUSTER = {
  mode: 'Service',
  workers: 100,
  streams: 2_000,
  viewers: 100_000,
  asking: 0,
  churn: 0.01,
} as const;
const RUN_MS = 120_000;

const CROWDS = [
  { name: 'Zipf 0.8', exponent: 0.8 },
  { name: 'Zipf 1.2', exponent: 1.2 },
  { name: 'all watch one', exponent: undefined },
] as const;

/** Relays that the worker feeds which feeds most of one stream. */
export function mostFed({ cluster }: Sim): number {
  const parts = cluster.streams.flatMap((stream) => [...stream.parts.values()]);
  return parts.reduce((most, { relays }) => Math.max(most, relays), 0);
}

function row(
  name: string,
  strategy: Strategy,
  exponent: number | undefined,
  seed: number,
): { cells: string[]; fed: number } {
  const sim = watchedCluster({ ...CLUSTER, exponent, seed }, strategy);
  const [start, startMs, before] = [sim.balance.maxOverMean, sim.nowMs, mostFed(sim)];
  sim.runUntil(startMs + RUN_MS);
  const fed = mostFed(sim);
  const { tally, cluster, audience } = sim;
  return {
    fed,
    cells: [
      ...[name, strategy.name, ratio(start), ratio(sim.balance.maxOverMean)],
      ratio(randomBound(CLUSTER.workers, CLUSTER.viewers / CLUSTER.workers)),
      ...[percent(tally.mostTouched / CLUSTER.streams), count(tally.streamsTouched)],
      ...[count(before), count(fed), count(cluster.relays), count(audience.interrupted)],
    ],
  };
}

/** Service mode: viewers land anywhere, homes feed relays. */
export const service: Scenario = {
  key: 'service',
  run: (seed) => {
    const results = CROWDS.flatMap(({ name, exponent }) =>
      [ours(), ...peers()].map((strategy) => row(name, strategy, exponent, seed)),
    );
    const fed = results.filter((_, at) => at % (1 + peers().length) === 0).map((one) => one.fed);
    const most = Math.max(...fed);
    return {
      title: 'Service mode: popularity',
      about:
        `${CLUSTER.workers} workers, ${CLUSTER.streams} streams, ${CLUSTER.viewers} viewers (FLV, RTMP), 1 % of whom leave and come each second; after 120 s. ` +
        `Connections land at random, so viewers are spread whatever the homes are; what streams need are servers enough for their relays, at most ${RELAY_FAN_OUT} each.`,
      tables: [
        {
          head: [
            ...[
              'viewers',
              'strategy',
              'start',
              '120 s',
              'viewers alone, theory',
              'most touched a cycle',
              'touched',
            ],
            ...['relays of one worker for one stream, start', '120 s', 'relays', 'interrupted'],
          ],
          rows: results.map(({ cells }) => cells),
        },
      ],
      plots: new Map(),
      bars: [
        {
          what: 'Service mode: relays that one worker feeds of one stream, at most',
          ...{
            bar: `<= ${RELAY_FAN_OUT}`,
            measured: count(most),
            isReached: most <= RELAY_FAN_OUT,
          },
        },
      ],
    };
  },
};

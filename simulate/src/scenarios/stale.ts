import { CYCLE_MS } from '@streamcluster/placement';
import type { Sim } from '../model/sim.ts';
import { ours } from '../strategies/ours.ts';
import { atMost, count, percent, ratio, type Bar, type Scenario } from './scenario.ts';
import { watchedCluster } from './watched-cluster.ts';

const CLUSTER = {
  ...({ mode: 'Redirect', workers: 40, streams: 1_000, viewers: 100_000 } as const),
  ...{ exponent: 1, asking: 1, churn: 0.01 },
};
const END_MS = 120_000;

interface Bus {
  readonly name: string;
  readonly lost: number;
  readonly delayMs: number;
  /** Workers of whom nothing is heard any more, though they are well. */
  readonly silent: number;
}

const BUSES: readonly Bus[] = [
  { name: 'as they should be', lost: 0, delayMs: 0, silent: 0 },
  { name: 'a tenth lost', lost: 0.1, delayMs: 0, silent: 0 },
  { name: '2 s late', lost: 0, delayMs: 2_000, silent: 0 },
  { name: '2 s late, a third lost', lost: 0.33, delayMs: 2_000, silent: 0 },
  { name: '4 s late', lost: 0, delayMs: 4_000, silent: 0 },
  { name: 'a fifth of the workers silent', lost: 0, delayMs: 0, silent: 8 },
  { name: 'two fifths of the workers silent', lost: 0, delayMs: 0, silent: 16 },
];

interface StaleRun {
  readonly afterTwo: number;
  /** Highest from the fourth cycle on. */
  readonly worst: number;
  readonly sim: Sim;
}

/** Reports go wrong from the start; balance is that of all workers, heard of or not. */
export function staleRun({ lost, delayMs, silent }: Omit<Bus, 'name'>, seed: number): StaleRun {
  const sim = watchedCluster(
    { ...CLUSTER, seed, reports: { lost, delayMs } },
    { ...ours(), cycle: () => ({ servers: [], closed: new Set() }) },
  );
  sim.reports.silence(sim.cluster.workers.slice(0, silent));
  // Until they count as silent.
  sim.runUntil(sim.nowMs + 8_000);
  sim.strategy = ours();
  const startMs = sim.nowMs;
  sim.runUntil(startMs + 2 * CYCLE_MS);
  const afterTwo = sim.balance.maxOverMean;
  let worst = 0;
  sim.runUntil(startMs + END_MS, () => {
    if (sim.nowMs >= startMs + 4 * CYCLE_MS) worst = Math.max(worst, sim.balance.maxOverMean);
  });
  return { afterTwo, worst, sim };
}

/** What is known of workers is old, or missing. */
export const stale: Scenario = {
  key: 'stale',
  run: (seed) => {
    const results = BUSES.map(({ name, ...bus }) => ({ name, bus, run: staleRun(bus, seed) }));
    const bars = results.slice(0, 4).map(({ name, run }): Bar => {
      return atMost(
        `redirect mode, reports ${name}: highest from the fourth cycle on`,
        run.worst,
        1.25,
      );
    });
    const frozen = results.at(-1)?.run.sim.tally.streamsTouched ?? 0;
    return {
      title: 'Reports that are late, lost, or stay away',
      about:
        `Redirect mode, ${CLUSTER.workers} workers, ${CLUSTER.streams} streams, ${CLUSTER.viewers} viewers (HLS, Zipf 1.0), from the moment they are all at homes; two minutes. ` +
        'Nothing moves while more than 30 % are silent, since then the bus is ill; workers go on sending viewers away from where it is full.',
      tables: [
        {
          head: [
            'reports',
            'two cycles',
            'worst from the fourth',
            'most touched a cycle',
            'touched',
            'interrupted',
          ],
          rows: results.map(({ name, run: { afterTwo, worst, sim } }) => [
            ...[name, ratio(afterTwo), ratio(worst)],
            percent(sim.tally.mostTouched / CLUSTER.streams),
            ...[sim.tally.streamsTouched, sim.audience.interrupted].map(count),
          ]),
        },
      ],
      plots: new Map(),
      bars: [
        ...bars,
        {
          what: 'two fifths of the workers silent: streams touched',
          bar: '0',
          measured: count(frozen),
          isReached: frozen === 0,
        },
      ],
    };
  },
};

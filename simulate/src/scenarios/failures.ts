import { CYCLE_MS, type ViewerMode } from '@streamcluster/placement';
import { shuffled } from '../draws/shuffled.ts';
import type { Sim } from '../model/sim.ts';
import { ours } from '../strategies/ours.ts';
import { nothing } from '../strategies/peers.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { atMost, count, modeName, percent, ratio, type Bar, type Scenario } from './scenario.ts';
import { watchedCluster } from './watched-cluster.ts';

const CLUSTER = {
  ...{ workers: 100, streams: 2_000, viewers: 50_000 },
  ...{ exponent: 1, asking: 0.5, churn: 0.01 },
} as const;
const SETTLE_MS = 240_000;
const AFTER_MS = 60_000;

interface Failure {
  readonly name: string;
  readonly dying: number;
  /** 0: all at once. */
  readonly everyMs: number;
}

const FAILURES: readonly Failure[] = [
  { name: 'ten workers at once', dying: 10, everyMs: 0 },
  { name: 'ten workers, one every 12 s', dying: 10, everyMs: 12_000 },
];

interface FailureRun {
  readonly before: number;
  readonly atOnce: number;
  readonly afterTwo: number;
  readonly end: number;
  /** Viewers who were on workers that died. */
  readonly onThem: number;
  /** Streams that somebody watches and nobody feeds. */
  readonly unfed: number;
  readonly sim: Sim;
}

export function fail(
  strategy: Strategy,
  mode: ViewerMode,
  { dying, everyMs }: Omit<Failure, 'name'>,
  seed: number,
): FailureRun {
  const sim = watchedCluster({ ...CLUSTER, mode, seed }, strategy);
  sim.runUntil(sim.nowMs + SETTLE_MS);
  const before = sim.balance.maxOverMean;
  let onThem = 0;
  for (const worker of shuffled(sim.random, sim.cluster.workers).slice(0, dying)) {
    for (const { stays, asks } of worker.parts) onThem += stays + asks;
    sim.kill(worker);
    sim.runUntil(sim.nowMs + everyMs);
  }
  const [atOnce, deadMs] = [sim.balance.maxOverMean, sim.nowMs];
  sim.runUntil(deadMs + 2 * CYCLE_MS);
  const afterTwo = sim.balance.maxOverMean;
  sim.runUntil(deadMs + AFTER_MS);
  return {
    before,
    atOnce,
    afterTwo,
    end: sim.balance.maxOverMean,
    onThem,
    unfed: unfedParts(sim),
    sim,
  };
}

/** Parts with readers from which no way leads to a publisher. */
function unfedParts({ cluster }: Sim): number {
  const parts = cluster.streams.flatMap((stream) => [...stream.parts.values()]);
  return parts.filter((part) => {
    let at: typeof part | undefined = part;
    for (let steps = 0; steps < 10 && at?.isIngest === false; steps += 1) at = at.upstream;
    return at?.isIngest !== true || !at.worker.isAlive;
  }).length;
}

const MODES: readonly ViewerMode[] = ['Redirect', 'Service'];

/** Workers die. */
export const failures: Scenario = {
  key: 'failures',
  run: (seed) => {
    const results = MODES.flatMap((mode) =>
      FAILURES.flatMap(({ name, ...failure }) =>
        [ours(), nothing()].map((strategy) => ({
          ...{ mode, name, strategy: strategy.name },
          run: fail(strategy, mode, failure, seed),
        })),
      ),
    );
    const oursOnly = results.filter(({ strategy }) => strategy === 'ours');
    const more = Math.max(...oursOnly.map(({ run }) => run.sim.audience.interrupted - run.onThem));
    const unfed = Math.max(...oursOnly.map(({ run }) => run.unfed));
    return {
      title: 'Workers die',
      about:
        `${CLUSTER.workers} workers, ${CLUSTER.streams} streams, ${CLUSTER.viewers} viewers (Zipf 1.0, half of them HLS), balanced for four minutes before. ` +
        'Viewers and publishers of a dead worker connect again at once; its homes are claimed by ingest workers. Nobody else is to notice.',
      tables: [
        {
          head: [
            'mode',
            'who dies',
            'strategy',
            'before',
            'at once',
            'two cycles',
            '60 s',
            'most touched a cycle',
            'interrupted',
            'of them on dead workers',
            'unfed',
          ],
          rows: results.map(({ mode, name, strategy, run }) => [
            ...[
              mode,
              name,
              strategy,
              ...[run.before, run.atOnce, run.afterTwo, run.end].map(ratio),
            ],
            percent(run.sim.tally.mostTouched / CLUSTER.streams),
            ...[run.sim.audience.interrupted, run.onThem, run.unfed].map(count),
          ]),
        },
      ],
      plots: new Map(),
      bars: [
        ...oursOnly.map(({ mode, name, run }): Bar => {
          return atMost(`${modeName(mode)}, ${name} die: 60 s later`, run.end, 1.25);
        }),
        {
          what: 'workers die: interrupted viewers of others, streams without a way',
          bar: '0, 0',
          measured: `${count(more)}, ${count(unfed)}`,
          isReached: more === 0 && unfed === 0,
        },
      ],
    };
  },
};

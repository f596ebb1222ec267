import { FIRST_CYCLE, fleetPicture, planCycle, type ViewerMode } from '@streamcluster/placement';
import { directoryOf } from '../model/directory.ts';
import type { Sim } from '../model/sim.ts';
import { ours } from '../strategies/ours.ts';
import { uniform } from '../strategies/placements.ts';
import { count, percent, ratio, type Scenario } from './scenario.ts';
import { watchedCluster } from './watched-cluster.ts';

const TIMED = {
  workers: 1_000,
  streams: 100_000,
  viewers: 300_000,
  exponent: 1,
  asking: 1,
  churn: 0.01,
} as const;
const LARGEST = {
  workers: 2_000,
  streams: 200_000,
  viewers: 400_000,
  exponent: 1,
  asking: 1,
  churn: 0.01,
} as const;
const CYCLES_MS = 24_000;
const BAR_MS = 1_000;

/** How long a cycle takes to plan, from reports to decisions, in ms. */
function planMs(sim: Sim): number {
  const [reports, directory] = [sim.reports.list(sim.nowMs), [...directoryOf(sim.cluster)]];
  const startMs = performance.now();
  planCycle({
    settings: sim.settings,
    picture: fleetPicture(reports, directory),
    ...{ state: FIRST_CYCLE, nowMs: sim.nowMs, random: sim.random },
  });
  return performance.now() - startMs;
}

const MODES: readonly ViewerMode[] = ['Redirect', 'Service'];

/** As large as it may get. */
export const large: Scenario = {
  key: 'large',
  run: (seed) => {
    const timed = MODES.map((mode) => {
      const idle = {
        ...ours(),
        place: uniform,
        cycle: () => ({ servers: [], closed: new Set<string>() }),
      };
      const sim = watchedCluster({ ...TIMED, mode, seed }, idle);
      return Math.max(...[1, 2, 3].map(() => planMs(sim)));
    });
    const rows = MODES.map((mode) => {
      const sim = watchedCluster({ ...LARGEST, mode, seed }, { ...ours(), place: uniform });
      const [start, startMs] = [sim.balance.maxOverMean, sim.nowMs];
      sim.runUntil(startMs + CYCLES_MS);
      const { tally, cluster, audience } = sim;
      return [
        ...[mode, ratio(start), ratio(sim.balance.maxOverMean)],
        percent(tally.mostTouched / LARGEST.streams),
        ...[tally.streamsTouched, cluster.relays, audience.interrupted].map(count),
      ];
    });
    const slowest = Math.max(...timed);
    return {
      title: 'Large clusters',
      about: `${LARGEST.workers} workers, ${LARGEST.streams} streams, ${LARGEST.viewers} viewers (Zipf 1.0, HLS), four cycles.`,
      tables: [
        {
          head: [
            'mode',
            'start',
            'four cycles',
            'most touched a cycle',
            'touched',
            'relays',
            'interrupted',
          ],
          rows,
        },
      ],
      plots: new Map(),
      bars: [
        {
          what: `one cycle of ${TIMED.workers} workers and ${TIMED.streams} streams, planned from reports, both modes`,
          bar: '< 1 s',
          measured: slowest < BAR_MS ? 'less' : `${count(slowest)} ms`,
          isReached: slowest < BAR_MS,
        },
      ],
    };
  },
};

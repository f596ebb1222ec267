import { chooseDrains, type ViewerMode } from '@streamcluster/placement';
import type { SimWorker } from '../model/parts.ts';
import type { Sim } from '../model/sim.ts';
import { ours } from '../strategies/ours.ts';
import { nothing } from '../strategies/peers.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { count, percent, ratio, type Scenario } from './scenario.ts';
import { watchedCluster } from './watched-cluster.ts';

const CLUSTER = {
  ...{ workers: 40, streams: 1_000, viewers: 50_000 },
  ...{ exponent: 0.8, asking: 0.5, churn: 0.01 },
} as const;
/** spec.update.maxSurgePercent, by default. */
const SURGE = Math.ceil(CLUSTER.workers / 3);
const SETTLE_MS = 60_000;
/** Between one that has gone and the next. */
const PACE_MS = 4_000;
const AFTER_MS = 60_000;

interface Contender {
  readonly name: string;
  readonly make: () => Strategy;
  /** All outdated workers leave the Service before the first one drains. */
  readonly closesOutdated: boolean;
}

const CONTENDERS: readonly Contender[] = [
  { name: 'ours', make: () => ours(), closesOutdated: true },
  {
    name: 'ours, not steered',
    make: () => ours({ steers: false, sheds: false }),
    closesOutdated: true,
  },
  { name: 'one by one, nothing closed', make: nothing, closesOutdated: false },
];

interface UpdateRun {
  readonly sim: Sim;
  readonly peak: number;
  readonly atEnd: number;
  readonly after: number;
}

/** Every worker is replaced: the surge first, then the cheapest of the old ones in turn. */
export function update(
  { make, closesOutdated }: Omit<Contender, 'name'>,
  mode: ViewerMode,
  seed: number,
): UpdateRun {
  const sim = watchedCluster({ ...CLUSTER, mode, seed }, make());
  sim.runUntil(sim.nowMs + SETTLE_MS);
  const old = [...sim.cluster.workers];
  let toCome = CLUSTER.workers;
  for (let i = 0; i < SURGE; i += 1) toCome -= start(sim);
  for (const worker of old) worker.isOutdated = closesOutdated;
  sim.landing.refresh();
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, sim.balance.maxOverMean);
  };
  while (old.some(({ isAlive }) => isAlive)) {
    sim.runUntil(sim.nowMs + PACE_MS, look);
    retire(sim, cheapest(sim, old));
    if (toCome > 0) toCome -= start(sim);
  }
  const atEnd = sim.balance.maxOverMean;
  sim.runUntil(sim.nowMs + AFTER_MS);
  return { sim, peak, atEnd, after: sim.balance.maxOverMean };
}

function start(sim: Sim): number {
  sim.cluster.addWorker();
  sim.landing.refresh();
  return 1;
}

/** As the operator chooses. */
function cheapest({ cluster }: Sim, old: readonly SimWorker[]): SimWorker | undefined {
  const candidates = old
    .filter(({ isAlive }) => isAlive)
    .map((worker) => {
      let [publishers, viewers, homes] = [0, 0, 0];
      for (const part of worker.parts) {
        publishers += Number(part.isIngest);
        viewers += part.stays;
        homes += Number(part.stream.home === worker);
      }
      return { id: worker.id, isReady: true, publishers, viewers, homes };
    });
  const [id = ''] = chooseDrains(candidates, 1);
  return cluster.worker(id);
}

function retire(sim: Sim, worker: SimWorker | undefined): void {
  if (worker === undefined) return;
  sim.evacuate(worker);
  sim.kill(worker);
}

const MODES: readonly ViewerMode[] = ['Redirect', 'Service'];

/** A rolling update of all workers. */
export const updateScenario: Scenario = {
  key: 'update',
  run: (seed) => {
    const results = MODES.flatMap((mode) =>
      CONTENDERS.map(({ name, ...contender }) => ({
        mode,
        name,
        run: update(contender, mode, seed),
      })),
    );
    const inService = results.find(({ mode, name }) => mode === 'Service' && name === 'ours');
    const most = inService?.run.sim.audience.mostCuts ?? Infinity;
    return {
      title: 'A rolling update',
      about:
        `All ${CLUSTER.workers} workers are replaced, ${SURGE} more at a time; ${CLUSTER.streams} streams, ${CLUSTER.viewers} viewers (Zipf ${CLUSTER.exponent}, half of them HLS). ` +
        'A drained worker hands over homes and publishers; its HLS players go on elsewhere, its long-lived viewers connect again, once if nobody connects to a worker that is to go. In redirect mode a stream whose home is yet to go has no better place, so that some connect twice.',
      tables: [
        {
          head: [
            'mode',
            'strategy',
            'peak',
            'when all are new',
            '60 s later',
            'most touched a cycle',
            'interruptions',
            'most of one viewer',
          ],
          rows: results.map(({ mode, name, run: { sim, peak, atEnd, after } }) => [
            ...[mode, name, ...[peak, atEnd, after].map(ratio)],
            percent(sim.tally.mostTouched / CLUSTER.streams),
            ...[sim.audience.interrupted, sim.audience.mostCuts].map(count),
          ]),
        },
      ],
      plots: new Map(),
      bars: [
        {
          what: 'Service mode, a rolling update: interruptions that one viewer meets, at most',
          bar: '<= 1',
          measured: count(most),
          isReached: most <= 1,
        },
      ],
    };
  },
};

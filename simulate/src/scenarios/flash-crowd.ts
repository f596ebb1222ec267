import type { Plot, Point } from '@streamcluster/bench';
import type { ViewerMode } from '@streamcluster/placement';
import { poisson } from '../draws/poisson.ts';
import type { Sim } from '../model/sim.ts';
import { STEP_MS } from '../model/sim.ts';
import type { SimStream } from '../model/parts.ts';
import { ours } from '../strategies/ours.ts';
import { nothing } from '../strategies/peers.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { atMost, count, percent, ratio, type Bar, type Scenario } from './scenario.ts';
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
export function flashCrowd(strategy: Strategy, mode: ViewerMode, seed: number): FlashCrowd {
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
    if (sinceMs % 4_000 !== 0) return;
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

/** A stream that everybody suddenly watches, and then nobody. */
export const flashCrowdScenario: Scenario = {
  key: 'flash-crowd',
  run: (seed) => {
    const results = CONTENDERS.map(({ mode, make }) => {
      const strategy = make();
      return {
        name: `${mode}, ${strategy.name}`,
        mode,
        strategy,
        run: flashCrowd(strategy, mode, seed),
      };
    });
    const isOurs = ({ strategy }: (typeof results)[number]): boolean => strategy.name === 'ours';
    return {
      title: 'A flash crowd',
      about:
        `${CLUSTER.workers} workers, ${CLUSTER.streams} streams, ${CLUSTER.viewers} viewers (Zipf ${CLUSTER.exponent}, half of them HLS); ` +
        `after a minute ${CROWD} more come for one stream within ${LASTS_MS / 1_000} s, and go again two minutes later.`,
      tables: [
        {
          head: [
            'mode',
            'strategy',
            'peak',
            'two cycles after the last came',
            'at the end',
            'most servers',
            'servers at the end',
            'relays of one worker',
            'most touched a cycle',
            'interrupted',
          ],
          rows: results.map(({ mode, strategy, run }) => [
            ...[mode, strategy.name, ...[run.peak, run.afterTwoCycles, run.end].map(ratio)],
            ...[
              Math.max(...run.servers.map(({ y }) => y)),
              run.servers.at(-1)?.y ?? 0,
              run.fed,
            ].map(count),
            ...[
              percent(run.sim.tally.mostTouched / CLUSTER.streams),
              count(run.sim.audience.interrupted),
            ],
          ]),
        },
      ],
      plots: new Map([
        [
          'flash-crowd',
          plotOf(
            'A flash crowd: load of the busiest worker over the mean',
            'max/mean',
            results.map(({ name, run }) => ({ name, points: run.balance })),
          ),
        ],
        [
          'flash-crowd-servers',
          plotOf(
            'A flash crowd: workers that serve the stream',
            'home and replicas',
            results.filter(isOurs).map(({ name, run }) => ({ name, points: run.servers })),
          ),
        ],
      ]),
      bars: results.filter(isOurs).map(({ mode, run }): Bar => {
        return atMost(
          `${mode === 'Service' ? 'Service' : 'redirect'} mode, a flash crowd: two cycles after the last came`,
          run.afterTwoCycles,
          1.25,
        );
      }),
    };
  },
};

function plotOf(title: string, yLabel: string, lines: Plot['lines']): Plot {
  return { title, xLabel: 'seconds', yLabel, lines };
}

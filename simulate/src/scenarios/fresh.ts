import { balanceOf } from '@streamcluster/placement';
import { Sim } from '../model/sim.ts';
import { boundedHashing } from '../strategies/bounded-hashing.ts';
import { leastLoaded, placed, roundRobin } from '../strategies/placements.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { randomBound, twoChoicesBound } from './bounds.ts';
import { atMost, mean, ratio, type Scenario } from './scenario.ts';

const WORKERS = 40;
const STREAMS = 1_000;
const SEEDS = 30;
const RATE = 2e6;
/** Each stream has so many from the start, so that reports show where homes are. */
const VIEWERS = 20;

interface Pace {
  readonly name: string;
  readonly perSecond: number;
  readonly lost: number;
  readonly delayMs: number;
}

const PACES: readonly Pace[] = [
  { name: '50 a second', perSecond: 50, lost: 0, delayMs: 0 },
  { name: '200 a second', perSecond: 200, lost: 0, delayMs: 0 },
  { name: '50 a second, reports 2 s late, a fifth lost', perSecond: 50, lost: 0.2, delayMs: 2_000 },
];

type Placing = Pick<Strategy, 'name' | 'place'>;

function contenders(): (Placing & { readonly bound: string })[] {
  const each = STREAMS / WORKERS;
  return [
    { name: '`Random`', place: placed('Random'), bound: ratio(randomBound(WORKERS, each)) },
    {
      name: '`TwoChoices`',
      place: placed('TwoChoices'),
      bound: ratio(twoChoicesBound(WORKERS, each)),
    },
    { name: '`Local`', place: placed('Local'), bound: ratio(randomBound(WORKERS, each)) },
    { name: 'round-robin', place: roundRobin(), bound: '1.00' },
    { name: 'least-loaded', place: leastLoaded, bound: 'none' },
    { name: 'bounded hashing', place: boundedHashing().place, bound: '1.25' },
  ];
}

/** Highest number of homes over the mean. */
export function freshImbalance(placing: Placing, pace: Pace, seed: number): number {
  const { lost, delayMs, perSecond } = pace;
  const options = { seed, mode: 'Redirect', workers: WORKERS, reports: { lost, delayMs } } as const;
  const sim = new Sim(options, { ...placing, redirects: 'ToHome', sheds: false });
  sim.reports.all(0);
  while (sim.cluster.streams.length < STREAMS) {
    const due = Math.min(STREAMS, Math.ceil(((sim.nowMs + 500) * perSecond) / 1_000));
    while (sim.cluster.streams.length < due) publishWatched(sim);
    sim.runUntil(sim.nowMs + 500);
  }
  const homes = sim.cluster.workers.map(() => 0);
  for (const { home } of sim.cluster.streams) homes[home.index] = (homes[home.index] ?? 0) + 1;
  return balanceOf(homes).maxOverMean;
}

function publishWatched(sim: Sim): void {
  const stream = sim.publish(RATE);
  for (let i = 0; i < VIEWERS; i += 1) sim.arrive(stream, 'stays');
}

/** Where the homes of new streams go. */
export const fresh: Scenario = {
  key: 'fresh',
  run: (seed) => {
    const results = contenders().map(({ name, bound, place }) => ({
      name,
      bound,
      figures: PACES.map((pace) => {
        const all = Array.from({ length: SEEDS }, (_, at) =>
          freshImbalance({ name, place }, pace, seed + at),
        );
        return { mean: mean(all), worst: Math.max(...all) };
      }),
    }));
    const of = (name: string, pace: number): number =>
      results.find((one) => one.name === name)?.figures[pace]?.mean ?? Infinity;
    const herd = of('least-loaded', 2);
    const ours = Math.max(...['`Random`', '`TwoChoices`', '`Local`'].map((name) => of(name, 2)));
    return {
      title: 'New streams: where homes go',
      about:
        `${WORKERS} workers, ${STREAMS} streams with ${VIEWERS} viewers each, ${SEEDS} seeds; homes of the fullest worker over the mean, ` +
        'mean of the seeds and the worst. Both modes place alike. Reports come every 2 s, so those who place by them see nothing of what was just placed.',
      tables: [
        {
          head: ['placement', ...PACES.map(({ name }) => name), 'theory'],
          rows: results.map(({ name, figures, bound }) => [
            name,
            ...figures.map((one) => `${ratio(one.mean)} (${ratio(one.worst)})`),
            bound,
          ]),
        },
      ],
      plots: new Map(),
      bars: [
        atMost(
          `\`Random\`, ${WORKERS} workers x ${STREAMS / WORKERS} streams, mean of ${SEEDS} seeds`,
          of('`Random`', 0),
          1.6,
        ),
        {
          what: 'on stale reports least-loaded herds, ours do not',
          bar: '> 3, <= 1.6',
          measured: `${ratio(herd)}, ${ratio(ours)}`,
          isReached: herd > 3 && ours <= 1.6,
        },
      ],
    };
  },
};

import type { Plot, Point } from '@streamcluster/bench';
import type { ViewerKind } from '../model/parts.ts';
import { Sim } from '../model/sim.ts';
import { ours } from '../strategies/ours.ts';
import { nothing } from '../strategies/peers.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { atMost, count, mean, ratio, type Bar, type Scenario } from './scenario.ts';

const BEFORE = 3;
const AFTER = 6;
const VIEWERS = 2_000;
const CHURN = 0.01;
const RATE = 2e6;
const SETTLE_MS = 30_000;
const END_MS = 180_000;
const BAR_MS = 90_000;
const BAR = 1.25;
const SEEDS = 10;

interface ScaleUp {
  /** Of viewers. */
  readonly curve: readonly Point[];
  readonly viewersAt90: number;
  /** Publishers and relays are part of it. */
  readonly loadAt90: number;
  readonly interrupted: number;
}

interface Contender {
  readonly name: string;
  readonly make: () => Strategy;
  readonly kind: ViewerKind;
  readonly streams: number;
}

const CONTENDERS: readonly Contender[] = [
  { name: 'steering', make: () => ours(), kind: 'stays', streams: 5 },
  { name: 'random alone', make: nothing, kind: 'stays', streams: 5 },
  { name: 'closing connections', make: () => ours(), kind: 'asks', streams: 5 },
  { name: 'steering', make: () => ours(), kind: 'stays', streams: 60 },
  { name: 'random alone', make: nothing, kind: 'stays', streams: 60 },
];

/** Three workers become six under so many streams. */
export function scaleUp({ make, kind, streams }: Omit<Contender, 'name'>, seed: number): ScaleUp {
  const sim = new Sim({ seed, mode: 'Service', workers: BEFORE }, make());
  for (let i = 0; i < streams; i += 1) sim.publish(RATE);
  const stream = (): Sim['cluster']['streams'][number] | undefined =>
    sim.cluster.streams[Math.floor(sim.random.next() * streams)];
  for (let i = 0; i < VIEWERS; i += 1) {
    const watched = stream();
    if (watched !== undefined) sim.arrive(watched, kind);
  }
  sim.traffic = { arrivalsPerSecond: VIEWERS * CHURN, leaveShare: CHURN, stream, kind: () => kind };
  sim.startCycles();
  sim.runUntil(SETTLE_MS);
  for (let i = BEFORE; i < AFTER; i += 1) sim.cluster.addWorker();
  sim.landing.refresh();
  return watch(sim);
}

function watch(sim: Sim): ScaleUp {
  const curve: Point[] = [];
  let [viewersAt90, loadAt90] = [Infinity, Infinity];
  sim.runUntil(SETTLE_MS + END_MS, () => {
    const sinceMs = sim.nowMs - SETTLE_MS;
    if (sinceMs % 5_000 !== 0) return;
    curve.push({ x: sinceMs / 1_000, y: sim.viewerBalance.maxOverMean });
    if (sinceMs !== BAR_MS) return;
    viewersAt90 = sim.viewerBalance.maxOverMean;
    loadAt90 = sim.balance.maxOverMean;
  });
  return { curve, viewersAt90, loadAt90, interrupted: sim.audience.interrupted };
}

interface Result {
  readonly contender: Contender;
  readonly runs: readonly ScaleUp[];
}

function row({ contender, runs }: Result): string[] {
  const { name, kind, streams } = contender;
  const viewers = runs.map(({ viewersAt90 }) => viewersAt90);
  const loads = runs.map(({ loadAt90 }) => loadAt90);
  return [
    ...[name, kind === 'asks' ? 'HLS' : 'FLV, RTMP', count(streams)],
    ...[ratio(mean(viewers)), ratio(Math.max(...viewers))],
    ...[ratio(mean(loads)), ratio(Math.max(...loads))],
    count(Math.max(...runs.map(({ interrupted }) => interrupted))),
  ];
}

function bars([steering, random]: readonly Result[]): Bar[] {
  const of = (result: Result | undefined, pick: (run: ScaleUp) => number): number[] =>
    result?.runs.map(pick) ?? [Infinity];
  const viewers = mean(of(steering, (run) => run.viewersAt90));
  const alone = ratio(mean(of(random, (run) => run.viewersAt90)));
  const load = Math.max(...of(steering, (run) => run.loadAt90));
  const cut = Math.max(...of(steering, (run) => run.interrupted));
  const what = 'Service mode, 3 workers become 6';
  return [
    atMost(
      `${what}: viewers after 90 s, mean of ${SEEDS} seeds (random alone: ${alone})`,
      viewers,
      BAR,
    ),
    atMost(`${what}: load after 90 s, worst of ${SEEDS} seeds`, load, BAR),
    { what: `${what}: viewers cut`, bar: '0', measured: count(cut), isReached: cut === 0 },
  ];
}

/** Service mode: who comes is steered to new workers. */
export const scaleUpScenario: Scenario = {
  key: 'scale-up',
  run: (seed) => {
    const results = CONTENDERS.map((contender) => ({
      contender,
      runs: Array.from({ length: SEEDS }, (_, at) => scaleUp(contender, seed + at)),
    }));
    return {
      title: 'Service mode: three workers become six',
      about:
        `${VIEWERS} viewers; each second 1 % leave and as many come; ${SEEDS} seeds. Players of FLV and RTMP stay where they are; ` +
        'steering takes the busiest workers, never more than a third, out of the Service. Of HLS players busy workers close idle connections, so that they connect anew. ' +
        'With 60 streams for so few viewers relays weigh more than viewers, and it is load that is spread.',
      tables: [
        {
          head: [
            'strategy',
            'players',
            'streams',
            'viewers after 90 s',
            'worst',
            'load after 90 s',
            'worst',
            'interrupted',
          ],
          rows: results.map(row),
        },
      ],
      plots: new Map([['scale-up', plotOf(results)]]),
      bars: bars(results),
    };
  },
};

function plotOf(results: readonly Result[]): Plot {
  const theory = Array.from({ length: END_MS / 5_000 }, (_, at) => {
    const seconds = (at + 1) * 5;
    return { x: seconds, y: 1 + Math.exp(-CHURN * seconds) };
  });
  const lines = results
    .filter(({ contender }) => contender.streams === 5)
    .map(({ contender, runs }) => ({ name: contender.name, points: runs[0]?.curve ?? [] }));
  return {
    title: 'Service mode, 3 workers become 6: viewers of the busiest worker over the mean',
    ...{ xLabel: 'seconds since there are six', yLabel: 'max/mean' },
    lines: [...lines, { name: 'random alone, theory', points: theory }],
  };
}

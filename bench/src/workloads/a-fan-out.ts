import { CLIP_2_MBPS, CLIP_7_MBPS, loadClip, type Clip } from '../generator/clip.ts';
import { floor, ours, peers } from './contenders.ts';
import { deliver } from './deliver.ts';
import type { Case, Contender, RatioBar, Sizes, Workload } from './workload.ts';

/** Ours sends at 64 KB, which 2 Mb/s fill in 260 ms, and has a wheel of 256 ms: the
 * last one is less than it says. */
const TICKS_MS = [20, 50, 100, 200, 400];
/** Of comparisons at one tick. */
const TICK_MS = 100;
const STREAMS = 100;
/** What users would pick for this; others are in one case only, for time. */
const PEER = 'node-media-server';
/** Points of a curve are not judged one by one. */
const CURVE_ROUNDS = 0.6;
const FLOOR_BAR: RatioBar = { kind: 'ratio', of: 'ours', to: 'floor', max: 1.15 };

interface Load {
  readonly clip: Clip;
  readonly streams: number;
  readonly viewers: number;
}

/** Viewers over HTTP-FLV: against the tick, against the load, of one stream and of many. */
export const fanOut: Workload = {
  letter: 'A',
  title: 'HTTP-FLV fan-out',
  async cases(sizes) {
    const clip = await loadClip(CLIP_2_MBPS);
    const one = { clip, streams: 1, viewers: sizes.viewers };
    return [
      ...TICKS_MS.map((tickMs) => tickCase(sizes, one, tickMs)),
      manyStreams(sizes, { ...one, streams: STREAMS }),
      ...(await loads(one)).map((load) => loadCase(load)),
    ];
  },
};

/** CPU against tick; the comparison with others is at one of them. */
function tickCase(sizes: Sizes, load: Load, tickMs: number): Case {
  const isMain = tickMs === TICK_MS;
  return {
    key: `A-tick-${tickMs}`,
    title: `${titleOf(load)}, tick ${tickMs} ms`,
    unit: 'viewer',
    contenders: [
      ...pair(load, tickMs),
      ...(isMain ? [adaptive(load), ...peers(sizes, needOf(load), runner(load))] : []),
    ],
    bars: [
      FLOOR_BAR,
      ...(isMain ? [{ kind: 'ratio', of: PEER, to: 'ours', min: 8 } as const] : []),
    ],
    curves: [
      { plot: 'tick', x: tickMs },
      ...(isMain ? [{ plot: 'load', x: gigabits(load) } as const] : []),
    ],
    ...(isMain ? {} : { roundsShare: CURVE_ROUNDS }),
  };
}

function manyStreams(sizes: Sizes, load: Load): Case {
  const all = peers(sizes, needOf(load), runner(load));
  const others = all.filter(({ kind }) => kind === PEER);
  return {
    key: 'A-streams',
    title: `${titleOf(load)}, tick ${TICK_MS} ms`,
    unit: 'viewer',
    contenders: [...pair(load, TICK_MS), ...others],
    bars: [FLOOR_BAR, { kind: 'ratio', of: PEER, to: 'ours', min: 8 }],
  };
}

/** 1x is the case at the main tick; then twice, four times, and up to 15 Gb/s. */
async function loads(one: Load): Promise<Load[]> {
  const large = await loadClip(CLIP_7_MBPS);
  return [
    { ...one, viewers: one.viewers * 2 },
    { ...one, viewers: one.viewers * 4 },
    { ...one, viewers: one.viewers * 2, clip: large },
  ];
}

function loadCase(load: Load): Case {
  return {
    key: `A-load-${load.viewers}x${megabits(load)}`,
    title: `${titleOf(load)}, tick ${TICK_MS} ms`,
    unit: 'viewer',
    contenders: [...pair(load, TICK_MS), adaptive(load)],
    bars: [FLOOR_BAR],
    curves: [{ plot: 'load', x: gigabits(load) }],
    roundsShare: CURVE_ROUNDS,
  };
}

function pair(load: Load, sendTickMs: number): Contender[] {
  const need = { ...needOf(load), sendTickMs };
  return [ours(need, runner(load)), floor(need, runner(load))];
}

/** Ours with the tick that it chooses. */
function adaptive(load: Load): Contender {
  return ours(needOf(load), runner(load), 'ours, adaptive');
}

function runner(load: Load): Contender['run'] {
  return (server, lab) => deliver(server, lab, { ...load, protocol: 'flv' });
}

function needOf({ clip, streams }: Load): Contender['need'] {
  return { task: 'flv', clipFile: clip.file, bitsPerSecond: clip.bitsPerSecond, streams };
}

function titleOf(load: Load): string {
  const streams = load.streams === 1 ? 'one stream' : `${load.streams} streams`;
  return `${load.viewers} viewers of ${streams} of ${megabits(load)} Mb/s`;
}

function gigabits({ clip, viewers }: Load): number {
  return (viewers * clip.bitsPerSecond) / 1e9;
}

function megabits({ clip }: Load): string {
  return (clip.bitsPerSecond / 1e6).toFixed(1);
}

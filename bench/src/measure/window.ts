import { setTimeout as sleep } from 'node:timers/promises';
import { cpuShare, cpuTimes, type CpuShare } from './busy-cpu.ts';

export interface Window {
  readonly seconds: number;
  readonly server: CpuShare;
  readonly generator: CpuShare;
  /** How far each counter went. */
  readonly deltas: Record<string, number>;
}

/** Several windows of the same load. */
export interface Windows {
  readonly quietest: Window;
  readonly all: readonly Window[];
}

const WINDOWS = 5;
export const SERVER_CPU = 0;
export const GENERATOR_CPU = 1;

/** Measures both CPUs, and how far some counters go, over a time. */
export async function measureWindow(
  seconds: number,
  counters: () => Promise<Record<string, number>> | Record<string, number>,
): Promise<Window> {
  const from = { ...snapshot(), counters: await counters() };
  await sleep(seconds * 1000);
  const to = { ...snapshot(), counters: await counters() };
  const deltas: Record<string, number> = {};
  for (const [name, value] of Object.entries(to.counters)) {
    deltas[name] = value - (from.counters[name] ?? 0);
  }
  return {
    seconds: (to.atMs - from.atMs) / 1000,
    server: cpuShare(from.server, to.server),
    generator: cpuShare(from.generator, to.generator),
    deltas,
  };
}

/**
 * The same several times in a row. Whatever else runs on the machine only adds
 * to what the CPU does, so the quietest window says most of the worker.
 */
export async function measureWindows(
  seconds: number,
  counters: () => Promise<Record<string, number>> | Record<string, number>,
): Promise<Windows> {
  const all: Window[] = [];
  for (let i = 0; i < WINDOWS; i++) all.push(await measureWindow(seconds / WINDOWS, counters));
  const [first, ...others] = all;
  if (first === undefined) throw new Error('no window was measured');
  const quietest = others.reduce(
    (best, window) => (window.server.busy < best.server.busy ? window : best),
    first,
  );
  return { quietest, all };
}

/** Busy share of the noisiest window. */
export function highestBusy({ all }: Windows): number {
  return Math.max(...all.map(({ server }) => server.busy));
}

/** The worker's own CPU time as a share of the window, from the counter cpuMs. */
export function processShare({ deltas, seconds }: Window): number {
  return (deltas['cpuMs'] ?? 0) / 1000 / seconds;
}

function snapshot(): {
  atMs: number;
  server: ReturnType<typeof cpuTimes>;
  generator: ReturnType<typeof cpuTimes>;
} {
  return {
    atMs: performance.now(),
    server: cpuTimes(SERVER_CPU),
    generator: cpuTimes(GENERATOR_CPU),
  };
}

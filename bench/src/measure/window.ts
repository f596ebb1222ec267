import { setTimeout as sleep } from 'node:timers/promises';
import { cpuShare, cpuTimes, type CpuShare } from './busy-cpu.ts';

export interface Window {
  readonly seconds: number;
  readonly server: CpuShare;
  readonly generator: CpuShare;
  /** How far each counter went. */
  readonly deltas: Record<string, number>;
}

export const SERVER_CPU = 0;
export const GENERATOR_CPU = 1;

/** Measures both CPUs, and how far some counters go, over a time. */
export async function measureWindow(
  seconds: number,
  counters: () => Record<string, number>,
): Promise<Window> {
  const from = { ...snapshot(), counters: counters() };
  await sleep(seconds * 1000);
  const to = { ...snapshot(), counters: counters() };
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

/** The server's own CPU time as a share of the window, from the counter cpuMs. */
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

import fs from 'node:fs';

/** How long one CPU did nothing since boot, and when that was read. */
export interface CpuTimes {
  readonly atMs: number;
  readonly idleMs: number;
  /** Taken by the hypervisor. */
  readonly stealMs: number;
}

/** Shares of 1. */
export interface CpuShare {
  readonly busy: number;
  readonly steal: number;
}

/** Unit of /proc/stat, whatever the kernel's own tick is. */
const JIFFY_MS = 10;

/**
 * Times of a CPU from /proc/stat. A process's own times miss what the kernel
 * does for it in softirq, so the whole pinned CPU is measured. Busy times there
 * are samples of a 4 ms tick, and work that starts with a timer slips between
 * two; idle time is exact on a tickless kernel. So busy is what is not idle.
 */
export function cpuTimes(cpu: number): CpuTimes {
  const atMs = performance.now();
  const line = fs
    .readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`cpu${cpu} `));
  if (line === undefined) throw new Error(`this machine has no CPU ${cpu}`);
  const [, , , , idle = 0, wait = 0, , , steal = 0] = line.split(/\s+/).map(Number);
  return { atMs, idleMs: (idle + wait) * JIFFY_MS, stealMs: steal * JIFFY_MS };
}

export function cpuShare(from: CpuTimes, to: CpuTimes): CpuShare {
  const wallMs = to.atMs - from.atMs;
  const steal = (to.stealMs - from.stealMs) / wallMs;
  const idle = (to.idleMs - from.idleMs) / wallMs;
  return { busy: Math.min(1, Math.max(0, 1 - idle - steal)), steal };
}

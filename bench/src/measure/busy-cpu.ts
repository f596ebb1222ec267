import fs from 'node:fs';

/** Jiffies of one CPU since boot. */
export interface CpuTimes {
  readonly busy: number;
  readonly softirq: number;
  readonly steal: number;
  readonly total: number;
}

/** Shares of 1. */
export interface CpuShare {
  readonly busy: number;
  readonly softirq: number;
  readonly steal: number;
}

/**
 * Times of a CPU from /proc/stat. A process's own times miss the network work
 * that the kernel does for it in softirq, so the whole pinned CPU is measured.
 */
export function cpuTimes(cpu: number): CpuTimes {
  const line = fs
    .readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`cpu${cpu} `));
  if (line === undefined) throw new Error(`this machine has no CPU ${cpu}`);
  const fields = line.split(/\s+/).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] =
    fields;
  const busy = user + nice + system + irq + softirq;
  return { busy, softirq, steal, total: busy + idle + wait + steal };
}

export function cpuShare(from: CpuTimes, to: CpuTimes): CpuShare {
  const total = Math.max(1, to.total - from.total);
  return {
    busy: (to.busy - from.busy) / total,
    softirq: (to.softirq - from.softirq) / total,
    steal: (to.steal - from.steal) / total,
  };
}

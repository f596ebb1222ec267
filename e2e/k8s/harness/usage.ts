import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '../../src/harness/procfs.ts';

/** USER_HZ, which Linux shows to user space whatever the kernel's own is. */
const TICKS_PER_SECOND = 100;

/** CPU seconds that a process has used, by itself and in the kernel. */
function cpuSeconds(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Fields 14 and 15 of proc(5); the slice begins at 3.
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export interface Usage {
  /** 1: a whole core. */
  readonly cores: number;
  /** Highest of once a second. */
  readonly rssMib: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a process uses, over a time that begins now. */
export async function usageOf(pid: number, seconds: number): Promise<Usage> {
  const fromMs = Date.now();
  const before = cpuSeconds(pid);
  let rssBytes = 0;
  for (let second = 0; second < seconds; second += 1) {
    await sleep(1_000);
    rssBytes = Math.max(rssBytes, residentBytes(pid));
  }
  const toMs = Date.now();
  const cores = (cpuSeconds(pid) - before) / ((toMs - fromMs) / 1_000);
  return { cores, rssMib: rssBytes / 2 ** 20, fromMs, toMs };
}

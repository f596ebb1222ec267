import fs from 'node:fs';

/** Unit of times in /proc. */
const JIFFY_MS = 10;

/** A process and all below it, first itself; those that ended meanwhile are left out. */
export function processTree(pid: number): number[] {
  const children = readIfThere(`/proc/${pid}/task/${pid}/children`);
  if (children === undefined) return [];
  const pids = children.split(' ').filter((text) => text !== '');
  return [pid, ...pids.flatMap((child) => processTree(Number(child)))];
}

/** Resident memory of all, where shared pages count for each. */
export function residentBytesOf(pids: readonly number[]): number {
  return sum(pids, (pid) => {
    const status = readIfThere(`/proc/${pid}/status`) ?? '';
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  });
}

/** CPU time of all, without softirq work in the kernel's idle time. */
export function cpuMsOf(pids: readonly number[]): number {
  return sum(pids, (pid) => {
    const stat = readIfThere(`/proc/${pid}/stat`) ?? '';
    // Behind the name in brackets, which may hold spaces: utime and stime are 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * JIFFY_MS;
  });
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + of(pid), 0);
}

function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseCpuList } from './cpu-list.ts';

/** CPUs that this process may use, by NUMA node; nodes without one are left out. */
export interface NumaNode {
  readonly node: number;
  readonly cpus: readonly number[];
}

const SYSFS = '/sys';

/** `allowed`: /proc/self/status, Cpus_allowed_list. One node when none are shown. */
export function readTopology(
  sysfs = SYSFS,
  allowed: readonly number[] = allowedCpus(),
): NumaNode[] {
  const folder = path.join(sysfs, 'devices/system/node');
  const nodes = nodeNumbers(folder)
    .map((node) => ({ node, cpus: cpusOf(folder, node).filter((cpu) => allowed.includes(cpu)) }))
    .filter(({ cpus }) => cpus.length > 0);
  return nodes.length > 0 ? nodes : [{ node: 0, cpus: [...allowed] }];
}

export function allowedCpus(): number[] {
  const status = readFileSync('/proc/self/status', 'utf8');
  return parseCpuList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '0');
}

function nodeNumbers(folder: string): number[] {
  try {
    return readdirSync(folder)
      .flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** Offline CPUs are not in the list. */
function cpusOf(folder: string, node: number): number[] {
  try {
    return parseCpuList(readFileSync(path.join(folder, `node${node}/cpulist`), 'utf8'));
  } catch {
    return [];
  }
}

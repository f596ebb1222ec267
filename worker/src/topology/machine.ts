import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseCpuList } from './cpu-list.ts';

/** CPUs and memory of a machine, as its kernel shows them. */
export interface Machine {
  readonly onlineCpus: readonly number[];
  /** Of each online CPU, its core's online threads, itself among them. */
  readonly threadsOfCpu: ReadonlyMap<number, readonly number[]>;
  /** Empty where the kernel knows of no NUMA. */
  readonly nodes: readonly NumaNode[];
}

interface NumaNode {
  readonly node: number;
  /** Online ones; none: a node of memory only. */
  readonly cpus: readonly number[];
}

/** Reads `sysfs`/devices/system. What is missing is left out: an empty list of
 * online CPUs means that nothing is known. */
export function readMachine(sysfs: string): Machine {
  const system = path.join(sysfs, 'devices/system');
  const onlineCpus = listIn(path.join(system, 'cpu/online'));
  const threadsOfCpu = new Map(
    onlineCpus.map((cpu) => [cpu, threadsOf(system, cpu, onlineCpus)] as const),
  );
  const nodes = listIn(path.join(system, 'node/online')).map((node) => ({
    node,
    cpus: listIn(path.join(system, `node/node${node}/cpulist`)),
  }));
  return { onlineCpus, threadsOfCpu, nodes };
}

function threadsOf(system: string, cpu: number, onlineCpus: readonly number[]): number[] {
  const listed = listIn(path.join(system, `cpu/cpu${cpu}/topology/thread_siblings_list`));
  const online = listed.filter((thread) => onlineCpus.includes(thread));
  return online.includes(cpu) ? online : [cpu];
}

function listIn(file: string): number[] {
  try {
    return parseCpuList(readFileSync(file, 'utf8')) ?? [];
  } catch {
    return [];
  }
}

import type { NumaNode } from './topology.ts';

/** Groups of CPUs for workers, each within one node. */
export interface CpuAssignment {
  /** CPUs of the worker with this number; the same for the same number. */
  cpusOf(worker: number): readonly number[];
  /** How many workers have CPUs of their own. */
  readonly exclusiveWorkers: number;
}

/**
 * Cuts each node's CPUs into groups and deals them out node by node. Workers
 * beyond the number of groups share, in turn.
 */
export function assignCpus(nodes: readonly NumaNode[], cpusPerWorker: number): CpuAssignment {
  const byNode = nodes.map(({ cpus }) => groups(cpus, cpusPerWorker));
  const dealt = interleaved(byNode.filter((node) => node.length > 0));
  // A node smaller than a worker: all of it is the best there is.
  const usable = dealt.length > 0 ? dealt : nodes.map(({ cpus }) => cpus);
  return {
    cpusOf: (worker) => usable[worker % usable.length] ?? [],
    exclusiveWorkers: dealt.length,
  };
}

function groups(cpus: readonly number[], size: number): number[][] {
  const count = Math.floor(cpus.length / size);
  return Array.from({ length: count }, (_, at) => cpus.slice(at * size, (at + 1) * size));
}

function interleaved(lists: readonly (readonly number[][])[]): number[][] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) =>
    lists.flatMap((list) => list.slice(at, at + 1)),
  ).flat();
}

import type { Allowed } from './allowed.ts';
import type { Machine } from './machine.ts';

/** Whether CPUs and memory are of one NUMA node. */
export type Alignment = 'aligned' | 'astray' | 'unknown';

export interface Residence {
  /** Of all allowed CPUs; -1: several, or unknown. */
  readonly numaNode: number;
  readonly alignment: Alignment;
}

/**
 * Pure: where a process with these rights lives. Memory may be allowed from
 * further nodes: the kernel takes the CPU's own first, so only CPUs of several
 * nodes, or none of the own memory, are astray.
 */
export function residenceOf({ cpus, memoryNodes }: Allowed, { nodes }: Machine): Residence {
  const homes = cpus.map((cpu) => nodes.find((node) => node.cpus.includes(cpu))?.node);
  const [numaNode] = homes;
  if (numaNode === undefined || homes.includes(undefined)) {
    return { numaNode: -1, alignment: 'unknown' };
  }
  if (homes.some((home) => home !== numaNode)) return { numaNode: -1, alignment: 'astray' };
  return { numaNode, alignment: memoryNodes.includes(numaNode) ? 'aligned' : 'astray' };
}

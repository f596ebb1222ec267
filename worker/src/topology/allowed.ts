import { parseCpuList } from './cpu-list.ts';

/** What the kernel lets a thread use: its cpuset, cut by its own affinity. */
export interface Allowed {
  readonly cpus: readonly number[];
  /** NUMA nodes that memory may come from. */
  readonly memoryNodes: readonly number[];
}

/** Pure: out of the text of /proc/PID/status. Undefined: it does not say. */
export function parseAllowed(status: string): Allowed | undefined {
  const cpus = listOf(status, 'Cpus_allowed_list');
  const memoryNodes = listOf(status, 'Mems_allowed_list');
  if (cpus === undefined || memoryNodes === undefined || cpus.length === 0) return undefined;
  return { cpus, memoryNodes };
}

function listOf(status: string, field: string): number[] | undefined {
  const text = new RegExp(`^${field}:[ \\t]*(.*)$`, 'm').exec(status)?.[1];
  return text === undefined ? undefined : parseCpuList(text);
}

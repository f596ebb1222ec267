import type { Alignment } from './alignment.ts';

/** Where this process runs, for reports, logs and metrics. */
export interface CpuFacts {
  /** Of the loop's thread. */
  readonly cpus: readonly number[];
  /** Of the whole process: its cpuset. Empty: the kernel does not say. */
  readonly allowedCpus: readonly number[];
  readonly memoryNodes: readonly number[];
  /** -1: several, or unknown. */
  readonly numaNode: number;
  readonly alignment: Alignment;
  /** The cpuset is smaller than the machine. */
  readonly isExclusive: boolean;
  /** Undefined: the loop is not pinned to one. */
  readonly loopCpu: number | undefined;
}

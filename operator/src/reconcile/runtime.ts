import type { StreamCluster } from '../api/stream-cluster.ts';
import type { StreamClusterStatus } from '../api/status.ts';
import type { OperatorError } from '../errors.ts';

/** The StreamCluster as it was last read without fault. */
export interface ResourceSnapshot {
  readonly resource: StreamCluster;
  /** Grows with every change of the spec; starts at 1. */
  readonly generation: number;
  /** Why the newest version is not in force; undefined: it is. */
  readonly fault: OperatorError | undefined;
}

/** Why a worker is no more. */
export interface WorkerExit {
  /** For people: how it ended and its last error. */
  readonly detail: string;
  readonly isHung: boolean;
  /** How long it had run. */
  readonly ranMs: number;
}

/** A worker that exists: a process, a pod. */
export interface WorkerInstance {
  readonly name: string;
  /** `stopping`: deleted, still there. `exited`: by itself; stays until deleted. */
  readonly phase: 'running' | 'stopping' | 'exited';
  /** It serves, by its own word or by a probe. */
  readonly isReady: boolean;
  readonly exit?: WorkerExit;
}

/** Something that a user wants to have been told. */
export interface RuntimeEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
  readonly worker?: string;
}

export interface RecordedEvent extends RuntimeEvent {
  readonly unixMs: number;
}

/**
 * All that reconciling knows of where it runs. Implemented by local/ on a file
 * and processes; by kube/ on an API server and pods.
 */
export interface Runtime {
  resource(): ResourceSnapshot;
  list(): Promise<readonly WorkerInstance[]>;
  /** Names are deterministic, so that creating one twice is noticed. */
  create(name: string): Promise<void>;
  /** Asks it to end, ends it after the grace. Of an exited one: forgets it. */
  delete(name: string, graceSeconds: number): Promise<void>;
  writeStatus(status: StreamClusterStatus): Promise<void>;
  emit(event: RuntimeEvent): void;
  /** The last ones, newest last. */
  readonly events: readonly RecordedEvent[];
  /** Called when resource() or list() would answer otherwise. */
  onChange(listener: () => void): void;
}

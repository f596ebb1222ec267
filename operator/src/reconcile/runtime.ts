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
  /**
   * `drained`: it emptied itself, as it was asked to. `rejected`: the node would
   * not give it CPUs of its own. `evicted`: something stronger took its place.
   */
  readonly kind: 'failed' | 'hung' | 'drained' | 'rejected' | 'evicted';
  /** How long it had run. */
  readonly ranMs: number;
}

/** What others see of a worker before they send something there, or evict it. */
export interface Marks {
  /** New connections may come. */
  readonly accepting: boolean;
  /** It has publishers or viewers. */
  readonly busy: boolean;
}

/** A worker that exists: a process, a pod. */
export interface WorkerInstance {
  readonly name: string;
  /** The place that it fills; it may be taken again when this one is going. */
  readonly slot: number;
  /**
   * `stopping`: deleted, still there. `exited`: by itself; stays until deleted.
   * `lost`: deleted, and nobody is there who could end it.
   */
  readonly phase: 'running' | 'stopping' | 'exited' | 'lost';
  /** It serves, by its own word or by a probe. */
  readonly isReady: boolean;
  /** It was made of another spec than a new one would be. */
  readonly isOutdated: boolean;
  /** Since when no node has room for it; undefined: one has. Wall clock. */
  readonly unschedulableSinceMs: number | undefined;
  /** Why it is to be emptied: a command, its node; undefined: it is not. */
  readonly drainAsked: string | undefined;
  readonly marks: Marks;
  readonly node: string | undefined;
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

/** Something around the workers that is not as it should be. */
export interface RuntimeProblem {
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/**
 * All that reconciling knows of where it runs. Implemented by local/ on a file
 * and processes; by pods/ on an API server.
 */
export interface Runtime {
  resource(): ResourceSnapshot;
  list(): Promise<readonly WorkerInstance[]>;
  /** Makes what workers need around them; cheap when it is there. */
  prepare(): Promise<void>;
  /** Resolves with its name, which is deterministic: creating one twice is noticed. */
  create(slot: number): Promise<string>;
  /** Asks it to end, ends it after the grace. Of an exited one: forgets it. */
  delete(name: string, graceSeconds: number): Promise<void>;
  mark(name: string, marks: Marks): Promise<void>;
  /** Writes `spec.fixed.replicas`. Rejects with ACTION_REFUSED. */
  scale(replicas: number): Promise<void>;
  /** A user wants a worker emptied, or back at work. Rejects with ACTION_REFUSED. */
  askDrain(name: string, isAsked: boolean): Promise<void>;
  /** What keeps workers from being made or from running. */
  problems(): readonly RuntimeProblem[];
  /** Of which addresses of HLS segments are made: a secret of this StreamCluster, the same
   * for every operator. Undefined: not known yet. */
  hlsKey(): Buffer | undefined;
  writeStatus(status: StreamClusterStatus): Promise<void>;
  emit(event: RuntimeEvent): void;
  /** The last ones, newest last. */
  readonly events: readonly RecordedEvent[];
  /** Called when resource() or list() would answer otherwise. */
  onChange(listener: () => void): void;
}

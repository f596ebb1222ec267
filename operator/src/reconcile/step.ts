import type { DirectoryEntry } from '@streamcluster/proto';
import type { Logger } from 'pino';
import type { WorkerControl } from '../control/worker-control.ts';
import type { WorkerSighting } from '../fleet/fleet.ts';
import type { ResourceSnapshot, Runtime, RuntimeProblem, WorkerInstance } from './runtime.ts';

/** What a step knows; taken anew before each one. */
export interface Observation extends ResourceSnapshot {
  readonly instances: readonly WorkerInstance[];
  /** By name; only those that reported. */
  readonly sightings: ReadonlyMap<string, WorkerSighting>;
  /** Stream name -> who serves it; undefined before it was read. */
  readonly directory: ReadonlyMap<string, DirectoryEntry> | undefined;
  readonly isBusConnected: boolean;
  readonly problems: readonly RuntimeProblem[];
  readonly nowMs: number;
  readonly unixMs: number;
}

/** What is counted. */
export type WorkerChange = 'restarts' | 'hangs' | 'rejections' | 'created' | 'drained';

/** What a step may do. */
export interface Effects {
  readonly runtime: Runtime;
  readonly control: WorkerControl;
  readonly log: Logger;
  /** The worker was told to drain, or to go on: place nothing there, or do. */
  readonly markDraining: (worker: string, isDraining: boolean) => void;
  /** The worker is gone: believe nothing of it. */
  readonly forget: (worker: string) => void;
  readonly count: (what: WorkerChange) => void;
}

/**
 * One concern. Level-triggered: it compares what is wanted with what is, never
 * asks what changed, and does nothing when both agree. It returns after how
 * long it wants to look again, or undefined when only a change can give it work.
 */
export interface Step {
  readonly name: string;
  run(observation: Observation): Promise<number | undefined>;
}

import type { Engine } from '@streamcluster/worker';
import type { WorkerUnderTest } from '../server/worker.ts';

/** What every workload is given. */
export interface Environment {
  /** The generator's engine. */
  readonly engine: Engine;
  /** Starts a worker on the server's CPU; it is stopped behind the workload. */
  startWorker(): Promise<WorkerUnderTest>;
  /** Says on the terminal what goes on. */
  say(text: string): void;
}

export const HOST = '127.0.0.1';

/** One measured thing: a line of the table, and everything for the JSON. */
export interface Result {
  readonly workload: string;
  readonly rows: readonly Row[];
  readonly details: object;
  /** Sentences; with any, the run fails. */
  readonly faults: readonly string[];
}

export interface Row {
  readonly what: string;
  readonly value: string;
  readonly target?: string;
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

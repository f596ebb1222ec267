import type { Engine } from '@streamcluster/worker';
import type { ServerKind, ServerNeed, ServerUnderTest } from '../server/server.ts';
import type { WorkerOptions, WorkerUnderTest } from '../server/worker.ts';

/** What one run of one contender came to. Shares are of 1, of one CPU. */
export interface Measurement {
  /** CPU of the server, softirq included, without what the machine did before. */
  readonly busy: number;
  readonly generatorBusy: number;
  readonly rssBytes: number;
  readonly unitsPerSecond: number;
  /** What clients got, or the server took in, within the window. */
  readonly bytesDelivered: number;
  readonly expectedBytes: number;
  readonly callsPerUnit?: number;
  /** By name, with the unit in it. */
  readonly figures: Readonly<Record<string, number>>;
  /** Why this run does not count, as a sentence. */
  readonly fault?: string;
}

/** What must hold; kept with the results, so that a table can be made of them alone. */
export type Bar = RatioBar | FigureBar;

/** Busy CPU of one contender over that of another. */
export interface RatioBar {
  readonly kind: 'ratio';
  readonly of: string;
  readonly to: string;
  readonly max?: number;
  readonly min?: number;
}

/** A figure of our own, median of the rounds. */
interface FigureBar {
  readonly kind: 'figure';
  readonly figure: string;
  readonly max?: number;
  readonly min?: number;
}

/** Where a case lies in a plot; each of its contenders is a line there. */
export interface CurvePoint {
  readonly plot: 'tick' | 'load';
  readonly x: number;
}

export type Role = 'ours' | 'floor' | 'peer' | 'variant';

/** One server, and what is done with it in a run. */
export interface Contender {
  readonly name: string;
  readonly role: Role;
  readonly kind: ServerKind;
  readonly need: ServerNeed;
  run(server: ServerUnderTest, lab: Lab): Promise<Measurement>;
}

/** One comparison: the same work for all contenders, ours first. */
export interface Case {
  /** Starts with the workload's letter; never changes its meaning. */
  readonly key: string;
  readonly title: string;
  /** What unitsPerSecond counts. */
  readonly unit: string;
  readonly contenders: readonly Contender[];
  readonly bars: readonly Bar[];
  readonly curves?: readonly CurvePoint[];
  /** Part of the good rounds that are asked for; 1 by default. Points of a curve
   * and figures that are not compared need fewer. */
  readonly roundsShare?: number;
}

export interface Workload {
  /** A to N, or a word. */
  readonly letter: string;
  readonly title: string;
  cases(sizes: Sizes): Promise<readonly Case[]>;
}

/** How much load; smaller for a quick look. */
export interface Sizes {
  readonly viewers: number;
  readonly publishers: number;
  readonly idlePublishers: number;
  readonly clients: number;
  readonly tlsClients: number;
  /** Most viewers that may be tried to fill the CPU. */
  readonly maxViewers: number;
  /** Contenders of role peer that may run. */
  readonly peers: (task: ServerNeed['task']) => readonly ServerKind[];
}

/** What a run is given. */
export interface Lab {
  /** The generator's engine. */
  readonly engine: Engine;
  readonly seconds: number;
  readonly warmUpMs: number;
  /** Busy share of the server's CPU before anything was started. */
  readonly idleBusy: number;
  /** A word that no other run has: names of streams end with it. */
  readonly tag: string;
  /** A further worker of the cluster, which ends with the run. */
  startWorker(options: Pick<WorkerOptions, 'cpu' | 'ticks'>): Promise<WorkerUnderTest>;
  /** Says on the terminal what goes on. */
  say(text: string): void;
}

export { HOST } from './environment.ts';
export const APP = 'bench';

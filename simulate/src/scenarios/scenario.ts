import type { Plot } from '@streamcluster/bench';
import type { ViewerMode } from '@streamcluster/placement';

/** What must be shown, and whether it was. */
export interface Bar {
  readonly what: string;
  readonly bar: string;
  readonly measured: string;
  readonly isReached: boolean;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface ScenarioResult {
  readonly title: string;
  /** What is simulated, in sentences. */
  readonly about: string;
  readonly tables: readonly Table[];
  /** By the name of the file, without its ending. */
  readonly plots: ReadonlyMap<string, Plot>;
  readonly bars: readonly Bar[];
}

export interface Scenario {
  readonly key: string;
  /** The same for the same seed, but for times that something took. */
  readonly run: (seed: number) => ScenarioResult;
}

/** As figures name it. */
export function modeName(mode: ViewerMode): string {
  return mode === 'Service' ? 'Service mode' : 'redirect mode';
}

/** 1.18 */
export const ratio = (value: number): string => value.toFixed(2);

/** 1.3 % */
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export const count = (value: number): string => String(Math.round(value));

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

export function atMost(what: string, measured: number, bar: number): Bar {
  return { what, bar: `<= ${bar}`, measured: ratio(measured), isReached: measured <= bar };
}

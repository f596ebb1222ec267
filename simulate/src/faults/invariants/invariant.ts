import type { Stage } from '../acts.ts';

/** What must be so after every step. */
export interface Invariant {
  readonly name: string;
  /** What is wrong; undefined: nothing. */
  check(): string | undefined;
}

/** Made for one run, which it may remember things of. */
export type MakeInvariant = (stage: Omit<Stage, 'random'>) => Invariant;

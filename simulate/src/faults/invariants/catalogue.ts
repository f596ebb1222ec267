import { coolDown } from './cool-down.ts';
import { epochsGrow } from './epochs-grow.ts';
import type { MakeInvariant } from './invariant.ts';
import { noCycles } from './no-cycles.ts';
import { oneHome } from './one-home.ts';
import { oneIngest } from './one-ingest.ts';
import { reachable } from './reachable.ts';

/** Checked after every step. */
export const INVARIANTS: readonly MakeInvariant[] = [
  epochsGrow,
  oneHome,
  oneIngest,
  reachable,
  noCycles,
  coolDown,
];

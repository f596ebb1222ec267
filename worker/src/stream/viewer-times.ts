import { Histogram } from './histogram.ts';

const START_BOUNDS_MS = [1, 5, 20, 60, 200, 500, 1_000, 3_000, 10_000];
const LAG_BOUNDS_MS = [0, 100, 250, 500, 1_000, 2_000, 5_000, 10_000];

/** How long viewers of this worker wait, for all streams. */
export class ViewerTimes {
  /** From asking to the first bytes, a relay that has to be opened included. */
  readonly startMs = new Histogram(START_BOUNDS_MS);
  /** How far each viewer is behind the newest frame; looked at every second. */
  readonly lagMs = new Histogram(LAG_BOUNDS_MS);
}

import type { Histogram } from '../stream/histogram.ts';
import type { ViewerTimes } from '../stream/viewer-times.ts';

/** What others count all the time and nobody computes before it is asked for. */
export interface HistogramSource {
  readonly times: ViewerTimes;
  /** The engine's counts: one for each whole millisecond, the last for all above. */
  readonly lags: { readonly tick: Float64Array; readonly turn: Float64Array };
}

const LAG_BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 250];
const PER_SECOND = 1_000;

/** In the text format of Prometheus; prom-client would have each value observed by itself. */
export function renderHistograms({ times, lags }: HistogramSource): string {
  return [
    block(
      'viewer_start_seconds',
      'From asking to the first bytes, by FLV and RTMP.',
      times.startMs,
    ),
    block('viewer_lag_seconds', 'How far viewers are behind, each every second.', times.lagMs),
    block('tick_late_seconds', 'How late runs of due sends were.', ofMilliseconds(lags.tick)),
    block('loop_turn_seconds', 'How long the loop was busy at a time.', ofMilliseconds(lags.turn)),
  ].join('');
}

type Counted = Pick<Histogram, 'bounds' | 'counts' | 'sum'>;

function ofMilliseconds(perMs: Float64Array): Counted {
  const counts = new Float64Array(LAG_BOUNDS_MS.length + 1);
  let sum = 0;
  for (let ms = 0; ms < perMs.length; ms += 1) {
    const count = perMs[ms] ?? 0;
    const found = LAG_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const at = found < 0 ? LAG_BOUNDS_MS.length : found;
    counts[at] = (counts[at] ?? 0) + count;
    sum += ms * count;
  }
  return { bounds: LAG_BOUNDS_MS, counts, sum };
}

function block(name: string, help: string, { bounds, counts, sum }: Counted): string {
  const full = `streamcluster_${name}`;
  let total = 0;
  const buckets = [...bounds, Infinity].map((bound, at) => {
    total += counts[at] ?? 0;
    const label = bound === Infinity ? '+Inf' : String(bound / PER_SECOND);
    return `${full}_bucket{le="${label}"} ${total}\n`;
  });
  const head = `# HELP ${full} ${help}\n# TYPE ${full} histogram\n`;
  return `${head}${buckets.join('')}${full}_sum ${sum / PER_SECOND}\n${full}_count ${total}\n`;
}

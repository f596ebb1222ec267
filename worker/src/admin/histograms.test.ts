import { describe, expect, it } from 'vitest';
import { ViewerTimes } from '../stream/viewer-times.ts';
import { renderHistograms } from './histograms.ts';

function linesOf(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(`streamcluster_${name}`));
}

describe('renderHistograms', () => {
  it('says how many were at most as long, in seconds', () => {
    const times = new ViewerTimes();
    for (const ms of [0.5, 20, 20, 70, 60_000]) times.startMs.observe(ms);
    const tick = new Float64Array(300);
    tick[0] = 7;
    tick[3] = 2;
    tick[299] = 1;
    const text = renderHistograms({ times, lags: { tick, turn: new Float64Array(300) } });
    expect(linesOf(text, 'viewer_start_seconds')).toEqual([
      'streamcluster_viewer_start_seconds_bucket{le="0.001"} 1',
      'streamcluster_viewer_start_seconds_bucket{le="0.005"} 1',
      'streamcluster_viewer_start_seconds_bucket{le="0.02"} 3',
      'streamcluster_viewer_start_seconds_bucket{le="0.06"} 3',
      'streamcluster_viewer_start_seconds_bucket{le="0.2"} 4',
      'streamcluster_viewer_start_seconds_bucket{le="0.5"} 4',
      'streamcluster_viewer_start_seconds_bucket{le="1"} 4',
      'streamcluster_viewer_start_seconds_bucket{le="3"} 4',
      'streamcluster_viewer_start_seconds_bucket{le="10"} 4',
      'streamcluster_viewer_start_seconds_bucket{le="+Inf"} 5',
      'streamcluster_viewer_start_seconds_sum 60.1105',
      'streamcluster_viewer_start_seconds_count 5',
    ]);
    const late = linesOf(text, 'tick_late_seconds');
    expect(late.slice(0, 3)).toEqual([
      'streamcluster_tick_late_seconds_bucket{le="0.001"} 7',
      'streamcluster_tick_late_seconds_bucket{le="0.002"} 7',
      'streamcluster_tick_late_seconds_bucket{le="0.005"} 9',
    ]);
    expect(late.slice(-3)).toEqual([
      'streamcluster_tick_late_seconds_bucket{le="+Inf"} 10',
      'streamcluster_tick_late_seconds_sum 0.305',
      'streamcluster_tick_late_seconds_count 10',
    ]);
  });
});

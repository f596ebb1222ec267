import { CLIP_2_MBPS, loadClip } from '../generator/clip.ts';
import { floor, ours, peers } from './contenders.ts';
import { deliver } from './deliver.ts';
import type { Contender, Workload } from './workload.ts';

const TICK_MS = 100;

/** Viewers over RTMP. */
export const rtmpFanOut: Workload = {
  letter: 'B',
  title: 'RTMP fan-out',
  async cases(sizes) {
    const clip = await loadClip(CLIP_2_MBPS);
    const { file: clipFile, bitsPerSecond } = clip;
    const need = { task: 'rtmp', clipFile, bitsPerSecond, sendTickMs: TICK_MS } as const;
    const load = { clip, streams: 1, viewers: sizes.viewers, protocol: 'rtmp' } as const;
    const run: Contender['run'] = (server, lab) => deliver(server, lab, load);
    return [
      {
        key: 'B',
        title: `${sizes.viewers} RTMP viewers of one stream of 2.0 Mb/s, tick ${TICK_MS} ms`,
        unit: 'viewer',
        contenders: [ours(need, run), floor(need, run), ...peers(sizes, need, run)],
        bars: [
          { kind: 'ratio', of: 'ours', to: 'floor', max: 1.15 },
          { kind: 'ratio', of: 'nginx-rtmp', to: 'ours', min: 4 },
        ],
      },
    ];
  },
};
